/* A look at the beginning of an SRTP packet's payload without verifying the packet (AES-GCM, RFC 7714): what
 * a load tester can afford for most of what it receives. Nothing that matters may rest on it. */
#pragma once

#include "keys.h"

enum { PEEK_LEN = 64 /* bytes that are decrypted */ };

struct peek;

/* For what we receive (keys->remote). NULL where the profile is not AES-GCM, without memory, or where OpenSSL
 * fails. */
struct peek *peek_new(const struct keys *keys);
/* NULL is fine. */
void peek_free(struct peek *peek);

/* Decrypt the first bytes of the payload, in place: `payload` points into `packet` and len bytes of it count,
 * without the tag. index: as in seal.h. Returns how many were. */
size_t peek_open(struct peek *peek, const uint8_t *packet, uint8_t *payload, size_t len, uint64_t index);
