#include "token.h"

#include <errno.h>
#include <glib.h>
#include <jwt.h>
#include <stdio.h>
#include <string.h>

static int refuse(char *err, size_t err_len, const char *why)
{
    snprintf(err, err_len, "%s", why);
    return -EACCES;
}

/* The integer claim; false where it is missing or of another type. libjwt has 0 for both, with errno to tell.
 */
static bool get_time(jwt_t *jwt, const char *claim, int64_t *value)
{
    errno = 0;
    *value = jwt_get_grant_int(jwt, claim);
    return errno == 0;
}

static int check_claims(jwt_t *jwt, const char *room, int64_t now, char *err, size_t err_len)
{
    int64_t when;
    const char *claimed = jwt_get_grant(jwt, "room");
    if (!claimed || strcmp(claimed, room) != 0)
        return refuse(err, err_len, "the token is for another room");
    if (!get_time(jwt, "exp", &when))
        return refuse(err, err_len, "the token has no time of expiry");
    if (when <= now)
        return refuse(err, err_len, "the token has expired");
    if (get_time(jwt, "nbf", &when) ? when > now : errno != ENOENT)
        return refuse(err, err_len, "the token does not hold yet");
    return 0;
}

int token_check(struct token *token, const char *text, const char *secret, const char *room, int64_t now,
                char *err, size_t err_len)
{
    jwt_t *jwt = NULL;
    *token = (struct token){0};
    if (jwt_decode(&jwt, text, (const unsigned char *)secret, (int)strlen(secret)) != 0)
        return refuse(err, err_len, "the token is not valid");
    /* The algorithm is the token's own word. With a key at hand libjwt refuses "none", but takes its other HMACs. */
    int result = jwt_get_alg(jwt) == JWT_ALG_HS256
                     ? check_claims(jwt, room, now, err, err_len)
                     : refuse(err, err_len, "the token is not signed with HS256");
    if (result == 0) {
        token->name = g_strdup(jwt_get_grant(jwt, "name"));
        token->create = jwt_get_grant_bool(jwt, "create") == 1;
    }
    jwt_free(jwt);
    return result;
}

void token_finish(struct token *token)
{
    g_clear_pointer(&token->name, g_free);
}
