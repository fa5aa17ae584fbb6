/* Join tokens: JWT (RFC 7519) signed with HS256 (RFC 7515) by auth.secret. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct token {
    char *name;  /* to show, or NULL where the token does not say */
    bool create; /* may make the room */
};

/* Whether `text` lets its bearer into `room` at `now` (seconds since 1970). 0, or -EACCES with what is wrong
 * in err, which never quotes the token; -EPERM where all that is wrong is the room. Only HS256 is taken; exp
 * is demanded, nbf is kept to. */
int token_check(struct token *token, const char *text, const char *secret, const char *room, int64_t now,
                char *err, size_t err_len) __attribute__((warn_unused_result));

void token_finish(struct token *token);
