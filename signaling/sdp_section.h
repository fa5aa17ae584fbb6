/* The attributes of one m= section: the functions of sdp_attr.c's table. Each
 * takes the attribute's value, cuts it in place and fills p->section; the last
 * argument is not used. 0, or a negative errno with the error written. */
#pragma once

#include "sdp_parser.h"

int sdp_section_mid(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_rtpmap(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_fmtp(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_rtcp_fb(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_extmap(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_rid(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_simulcast(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_ssrc(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_ssrc_group(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_sctp_port(struct sdp_parser *p, char *value, size_t arg);
int sdp_section_max_message_size(struct sdp_parser *p, char *value, size_t arg);
