/* All media workers of the process: made and started from the configuration, with
 * what they share, and stopped. Control thread only. */
#pragma once

#include "conf.h"
#include "dtls.h"
#include "mailbox.h"
#include "udp.h"

struct worker;

struct workers {
    struct worker *at;
    unsigned count;
    struct dtls_context *dtls;
    struct mailbox events;       /* from all of them (command.h) */
    struct udp_addresses public; /* rtc.public_address, without ports: told instead of their own, if any */
};

/* *w is zeroed. 0; or a negative errno, and err says what to do about it. workers_stop() comes after either.
 */
int workers_start(struct workers *w, const struct conf *conf, char *err, size_t err_len) RTP_MUST_USE;

/* Wait until they have obeyed what they were sent, end their threads and free everything. */
void workers_stop(struct workers *w);
