/* The RTCP that a transport sends: reports and sender reports once a second,
 * and in between what publishers have to know soon. Worker thread only. */
#pragma once

#include <stdint.h>

struct transport;

/* Receiver reports for what is received, sender reports with a CNAME for the
 * slots that sent something. */
void report_second(struct transport *t, uint64_t now_us);

/* What is due of NACKs, transport-wide feedback and key frame requests. */
void report_feedback(struct transport *t, uint64_t now_us);
