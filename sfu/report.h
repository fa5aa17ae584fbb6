/* The RTCP that a transport sends: reports and sender reports once a second,
 * and in between what publishers have to know soon. Worker thread only. */
#pragma once

#include <stdint.h>

struct transport;

/* Receiver reports for what is received, sender reports with a CNAME for the
 * slots that sent something. */
void report_second(struct transport *t, uint64_t now_us);

/* BYE for all that it sends (RFC 3550, section 6.6): the last word. */
void report_bye(struct transport *t);

/* What is due of NACKs, key frame requests, and transport-wide feedback or REMB. Returns when more of it may
 * be due, TIMER_NEVER: not before the next packet. */
uint64_t report_feedback(struct transport *t, uint64_t now_us);
