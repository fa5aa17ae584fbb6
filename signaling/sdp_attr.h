/* The a= lines of an SDP: one const table, a row for each attribute that the
 * model keeps. */
#pragma once

#include "sdp_parser.h"

/* What follows "a=". The text is cut in place and stays in the model. */
int sdp_attr_parse(struct sdp_parser *p, char *text) __attribute__((warn_unused_result));
