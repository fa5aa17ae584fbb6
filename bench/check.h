/* ICE connectivity checks of the controlling side (RFC 8445, section 7.2), to one
 * address of the server, and answers to those that it sends, unless it is lite: built and verified with
 * libnice's STUN code. */
#pragma once

#include "addr.h"
#include "sfu.h"

#include <stun/stunagent.h>

enum {
    CHECK_LEN_MAX = 700,
    CHECK_WAITED_MAX = 16, /* the last checks, whose answers count: the way may be longer than a repetition */
};

struct check {
    StunAgent stun;
    char username[2 * SFU_UFRAG_MAX + 2];     /* server's ufrag, colon, ours */
    char pwd[SFU_PWD_MAX + 1];                /* the server's */
    StunTransactionId sent[CHECK_WAITED_MAX]; /* the last ones, a ring */
    size_t count;                             /* of all that were sent */
};

/* Checks with these credentials from now on: for a start and for an ICE restart. */
void check_init(struct check *c, const char *server_ufrag, const char *server_pwd, const char *ufrag);

/* A check with USE-CANDIDATE. Its length, 0 where it does not fit. */
size_t check_build(struct check *c, uint8_t *out, size_t cap);

/* Whether this STUN message is the authentic success of a check that is waited for. */
bool check_response(struct check *c, const uint8_t *p, size_t len);

/* Whom the server's own checks are to; server: where they come from. */
struct check_own {
    const char *ufrag, *pwd;
    const struct addr *server;
};

/* The answer (CHECK_LEN_MAX bytes are there) to this STUN message: its length, 0 where it is no authentic
 * check. */
size_t check_reply(struct check *c, const uint8_t *p, size_t len, const struct check_own *own, uint8_t *out);
