/* ICE-lite (RFC 8445, section 2.5) over libnice's STUN code: the server answers
 * connectivity checks and never sends any. A struct ice_agent serves one
 * worker, a struct ice one transport. Bytes and now_us go in, replies and
 * decisions come out; the worker owns the sockets and the two tables (our
 * ufrag -> transport, remote address -> transport).
 *
 * A lite agent has no use for the peer's ufrag and password: every check is
 * authenticated with our own password (RFC 8489, section 9.1), and consent is
 * the peer's business. They are not kept. */
#pragma once

#include "addr.h"
#include "sfu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stun/stunagent.h>

enum {
    ICE_REMOTES_MAX = 8,    /* addresses of one transport */
    ICE_MESSAGE_MAX = 1280, /* longer STUN messages are dropped unread */
    ICE_REPLY_MAX = 1280,   /* bytes that a reply buffer has to hold */
    ICE_UFRAG_LEN = 8,      /* of ours; at least 24 bits of randomness (RFC 8445, section 5.3) */
    ICE_PWD_LEN = 24,       /* of ours; at least 128 bits */
    ICE_SETTLE_US =
        2000000, /* from the first valid check, in which a lower priority does not displace a higher */
    ICE_TAKE_US = 5000000,    /* an address silent for so long may go to another transport */
    ICE_EXPIRY_US = 30000000, /* a transport silent for so long has gone */
};

/* What became of a message. The first four are answers to someone who knows
 * our password; the next three were answered with an error that anyone may
 * get; the rest leave no trace but a counter. */
#define ICE_VERDICTS(X)                                                                                      \
    X(VALID, "valid")                         /* a check: success was built */                               \
    X(CONFLICT, "role_conflict")              /* the peer says ICE-CONTROLLED: 487 */                        \
    X(UNKNOWN_ATTRIBUTE, "unknown_attribute") /* comprehension required: 420 */                              \
    X(METHOD, "method")                       /* a request other than Binding: 400 */                        \
    X(NO_CREDENTIALS, "no_credentials")       /* no USERNAME or MESSAGE-INTEGRITY: 400 */                    \
    X(UNKNOWN_UFRAG, "unknown_ufrag")         /* nobody has that ufrag: 401 */                               \
    X(WRONG_PASSWORD, "wrong_password")       /* MESSAGE-INTEGRITY does not match: 401 */                    \
    X(TAKEN, "taken")                         /* valid, but another transport lives at this address */       \
    X(TOO_LONG, "too_long")                   /* over ICE_MESSAGE_MAX */                                     \
    X(MALFORMED, "malformed")                 /* not STUN, cut, or without a correct FINGERPRINT */          \
    X(INDICATION, "indication")               /* ignored (RFC 8445, section 11: keepalives) */               \
    X(RESPONSE, "response")                   /* to what we never asked */

enum ice_verdict {
#define X(name, text) ICE_##name,
    ICE_VERDICTS(X)
#undef X
        ICE_VERDICT_COUNT
};

struct ice_remote {
    struct addr addr;
    uint64_t seen_us;  /* last authentic packet from it */
    uint32_t priority; /* PRIORITY of its last check, 0 where it had none */
};

struct ice_credentials {
    char ufrag[SFU_UFRAG_MAX + 1];
    char pwd[SFU_PWD_MAX + 1]; /* "" = not accepted (any more) */
};

struct ice {
    struct ice_credentials current;  /* ours */
    struct ice_credentials previous; /* accepted while a restart waits for its first valid check */
    struct ice_remote remotes[ICE_REMOTES_MAX];
    uint8_t remote_count;
    uint8_t selected;  /* index into remotes, or ICE_REMOTES_MAX = none */
    bool nominated;    /* selected by USE-CANDIDATE in this generation */
    uint64_t valid_us; /* first valid check of this generation, 0 = none yet */
    uint64_t seen_us;  /* last authentic packet, or when it was made */
};

/* ufrag and pwd are ours (RFC 8839, section 5.4 bounds them). */
void ice_init(struct ice *ice, const char *ufrag, const char *pwd, uint64_t now_us);

/* New credentials of ours. Checks with the old ones stay valid until the first
 * check with the new ones, and the selected address stays until that. dropped
 * (SFU_UFRAG_MAX + 1 bytes) gets the ufrag of a restart that was overtaken by
 * this one before anyone used it, or "": the worker takes it out of its table. */
void ice_restart(struct ice *ice, const char *ufrag, const char *pwd, char *dropped);

/* Where to send to; NULL before the first valid check. Valid until the next call. */
const struct addr *ice_selected(const struct ice *ice);

/* Whether the transport may be spoken to from that address: a check from there was valid. */
bool ice_knows(const struct ice *ice, const struct addr *from);

/* An authentic packet other than a check (SRTP, SRTCP or DTLS after the
 * handshake) came from that address. */
void ice_authentic(struct ice *ice, const struct addr *from, uint64_t now_us);

/* No authentic packet for 30 s: the transport has gone. */
bool ice_expired(const struct ice *ice, uint64_t now_us);

/* Whether another transport's valid check may take the address away: nothing
 * authentic came from there for 5 s. */
bool ice_may_take(const struct ice *ice, const struct addr *addr, uint64_t now_us);

/* The address is another transport's now. Where it was the selected one, the
 * one heard of last is selected in its place, if any. */
void ice_forget(struct ice *ice, const struct addr *addr);

/* The worker's two tables. Pointers live at least until ice_agent_handle() returns. */
struct ice_tables {
    /* By our ufrag, of either generation; not terminated. NULL = nobody. */
    struct ice *(*by_ufrag)(void *arg, const char *ufrag, size_t len);
    /* The transport whose address it is. NULL = nobody. */
    struct ice *(*by_addr)(void *arg, const struct addr *addr);
};

struct ice_result {
    enum ice_verdict verdict;
    struct ice *ice;  /* who was named and, up to ICE_METHOD and for ICE_TAKEN, authenticated; else NULL */
    size_t reply_len; /* bytes in the reply buffer, to be sent back to `from`; 0 = none */
    bool added;       /* the address table has to say from -> ice now */
    bool moved;     /* another transport had that address; it has forgotten it: look at its ice_selected() */
    bool evicted;   /* evicted_addr gave way to it and has to leave the address table */
    bool selected;  /* ice_selected() changed */
    bool nominated; /* USE-CANDIDATE came from ice_selected(): send from the socket that it came in on */
    bool retired;   /* ice->previous.ufrag is not accepted any more and has to leave the ufrag table */
    struct addr evicted_addr;
};

struct ice_agent {
    StunAgent stun;
    const struct ice_tables *tables;
    void *arg;
};

/* tables and arg have to outlive the agent. */
void ice_agent_init(struct ice_agent *agent, const struct ice_tables *tables, void *arg);

/* Take one datagram whose first byte is 0..3 (RFC 7983) and build the reply
 * (ICE_REPLY_MAX bytes are there). `from` has to be a plain IPv4 or IPv6
 * address, not a v4-mapped one: the reply mirrors its family. */
struct ice_result ice_agent_handle(struct ice_agent *agent, const uint8_t *p, size_t len,
                                   const struct addr *from, uint64_t now_us, uint8_t *reply);

/* len random ice-chars (RFC 8839, section 5.4: 64 of them, 6 bits each) and a
 * NUL: len + 1 bytes. 0, or -EIO where there is no randomness. */
int ice_random_string(char *out, size_t len) __attribute__((warn_unused_result));
