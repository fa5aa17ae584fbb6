#include "token.h"

#include <errno.h>
#include <glib.h>
#include <jwt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "0123456789abcdef0123456789abcdef"
enum { NOW = 1700000000 };

struct row {
    jwt_alg_t alg;
    const char *key, *claims;
    const char *err; /* NULL = accepted */
};

static char *make(const struct row *row)
{
    jwt_t *jwt;
    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(jwt_add_grants_json(jwt, row->claims), 0);
    if (row->alg != JWT_ALG_NONE)
        assert_int_equal(jwt_set_alg(jwt, row->alg, (const unsigned char *)row->key, (int)strlen(row->key)),
                         0);
    char *text = jwt_encode_str(jwt);
    assert_non_null(text);
    jwt_free(jwt);
    return text;
}

static void check_tokens(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":1700000001}", NULL},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":1700000001,\"nbf\":1700000000}", NULL},
        {JWT_ALG_NONE, NULL, "{\"room\":\"r\",\"exp\":1700000001}", "the token is not valid"},
        {JWT_ALG_HS384, SECRET, "{\"room\":\"r\",\"exp\":1700000001}", "the token is not signed with HS256"},
        {JWT_ALG_HS512, SECRET, "{\"room\":\"r\",\"exp\":1700000001}", "the token is not signed with HS256"},
        {JWT_ALG_HS256, "another", "{\"room\":\"r\",\"exp\":1700000001}", "the token is not valid"},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"R\",\"exp\":1700000001}", "the token is for another room"},
        {JWT_ALG_HS256, SECRET, "{\"exp\":1700000001}", "the token is for another room"},
        {JWT_ALG_HS256, SECRET, "{\"room\":1,\"exp\":1700000001}", "the token is for another room"},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\"}", "the token has no time of expiry"},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":\"1700000001\"}", "the token has no time of expiry"},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":1700000000.5}", NULL},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":1700000000}", "the token has expired"},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":0}", "the token has expired"},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":-1}", "the token has expired"},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":1700000009,\"nbf\":1700000001}",
         "the token does not hold yet"},
        {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":1700000009,\"nbf\":\"x\"}",
         "the token does not hold yet"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct token token;
        char err[100] = "";
        char *text = make(&rows[i]);
        int result = token_check(&token, text, SECRET, "r", NOW, err, sizeof(err));
        bool elsewhere = rows[i].err && strcmp(rows[i].err, "the token is for another room") == 0;
        if (result != (elsewhere     ? -EPERM
                       : rows[i].err ? -EACCES
                                     : 0) ||
            strcmp(err, rows[i].err ? rows[i].err : "") != 0)
            fail_msg("row %zu: %d, \"%s\"", i, result, err);
        free(text);
        token_finish(&token);
    }
}

static void check_garbage(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJhbGciOiJIUzI1NiJ9.e30.",
        "=.=.=",
        "eyJhbGciOiJIUzI1NiJ9.eyJyb29tIjoiciJ9.\x01\x02",
        /* {"alg":"None"}, {"alg":7}, [], {"alg":"HS256","alg":"none"} */
        "eyJhbGciOiJOb25lIn0.e30.",
        "eyJhbGciOjd9.e30.",
        "W10.e30.",
        "eyJhbGciOiJIUzI1NiIsImFsZyI6Im5vbmUifQ.eyJyb29tIjoiciIsImV4cCI6MTgwMDAwMDAwMH0.",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct token token;
        char err[100] = "";
        if (token_check(&token, rows[i], SECRET, "r", NOW, err, sizeof(err)) != -EACCES || !*err)
            fail_msg("row %zu: \"%s\"", i, err);
    }
}

/* The last character of the signature changed, and a claim changed under the same signature. */
static void check_forged(void **state)
{
    (void)state;
    const struct row row = {JWT_ALG_HS256, SECRET, "{\"room\":\"r\",\"exp\":1700000001}", NULL};
    struct token token;
    char err[100];
    char *text = make(&row);
    for (size_t i = 0; i < strlen(text); i++) {
        char *forged = g_strdup(text);
        forged[i] = forged[i] == 'A' ? 'Q' : 'A';
        bool last = i + 1 == strlen(text); /* its low bits are padding */
        if (!last)
            assert_int_equal(token_check(&token, forged, SECRET, "r", NOW, err, sizeof(err)), -EACCES);
        g_free(forged);
    }
    free(text);
}

static void check_claims(void **state)
{
    (void)state;
    const struct row named = {JWT_ALG_HS256, SECRET,
                              "{\"room\":\"r\",\"exp\":1700000001,\"name\":\"Ann\",\"create\":true}", NULL};
    const struct row wrong = {JWT_ALG_HS256, SECRET,
                              "{\"room\":\"r\",\"exp\":1700000001,\"name\":5,\"create\":\"true\"}", NULL};
    struct token token;
    char err[100];
    char *text = make(&named);
    assert_int_equal(token_check(&token, text, SECRET, "r", NOW, err, sizeof(err)), 0);
    assert_string_equal(token.name, "Ann");
    assert_true(token.create);
    token_finish(&token);
    free(text);
    text = make(&wrong);
    assert_int_equal(token_check(&token, text, SECRET, "r", NOW, err, sizeof(err)), 0);
    assert_null(token.name);
    assert_false(token.create);
    token_finish(&token);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_tokens),
        cmocka_unit_test(check_garbage),
        cmocka_unit_test(check_forged),
        cmocka_unit_test(check_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
