/* Whether a page of that origin may open a WebSocket here (RFC 6455, section 10.2). */
#pragma once

#include <stdbool.h>

/* allowed: origins separated by spaces; "" = only the server's own, which is what `host` (the request's Host
 * header) names; "*" = any. origin "" = no browser, which is let in: the check protects those who
 * sit at a browser from other pages. */
bool origin_allowed(const char *allowed, const char *origin, const char *host);
