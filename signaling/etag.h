/* Preconditions of HTTP (RFC 9110, section 13.1.1). */
#pragma once

#include <stdbool.h>

/* Whether an If-Match header holds for an entity tag (given without quotes): "*", or a list that has it as a
 * strong tag. */
bool etag_matches(const char *if_match, const char *tag);
