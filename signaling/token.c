#include "token.h"

#include <errno.h>
#include <glib.h>
#include <jansson.h>
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(char *err, size_t err_len, const char *why)
{
    snprintf(err, err_len, "%s", why);
    return -EACCES;
}

static int check_claims(const json_t *claims, const char *room, int64_t now, char *err, size_t err_len)
{
    const char *claimed = json_string_value(json_object_get(claims, "room"));
    const json_t *exp = json_object_get(claims, "exp"), *nbf = json_object_get(claims, "nbf");
    if (!json_is_number(exp))
        return refuse(err, err_len, "the token has no time of expiry");
    if (json_number_value(exp) <= (double)now)
        return refuse(err, err_len, "the token has expired");
    if (nbf && (!json_is_number(nbf) || json_number_value(nbf) > (double)now))
        return refuse(err, err_len, "the token does not hold yet");
    if (claimed && strcmp(claimed, room) == 0)
        return 0;
    (void)refuse(err, err_len, "the token is for another room");
    return -EPERM;
}

/* libjwt's own getters do not look at the types of claims. */
static json_t *claims_of(jwt_t *jwt)
{
    char *text = jwt_get_grants_json(jwt, NULL);
    json_t *claims = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    free(text);
    return claims;
}

int token_check(struct token *token, const char *text, const char *secret, const char *room, int64_t now,
                char *err, size_t err_len)
{
    jwt_t *jwt = NULL;
    *token = (struct token){0};
    if (jwt_decode(&jwt, text, (const unsigned char *)secret, (int)strlen(secret)) != 0)
        return refuse(err, err_len, "the token is not valid");
    /* The algorithm is the token's own word. With a key at hand libjwt refuses "none", but takes its other
     * HMACs. */
    json_t *claims = claims_of(jwt);
    int result = jwt_get_alg(jwt) == JWT_ALG_HS256
                     ? check_claims(claims, room, now, err, err_len)
                     : refuse(err, err_len, "the token is not signed with HS256");
    if (result == 0) {
        token->name = g_strdup(json_string_value(json_object_get(claims, "name")));
        token->create = json_is_true(json_object_get(claims, "create"));
    }
    json_decref(claims);
    jwt_free(jwt);
    return result;
}

void token_finish(struct token *token)
{
    g_clear_pointer(&token->name, g_free);
}
