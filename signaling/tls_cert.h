/* A self-signed certificate, so that phones in the same network can join:
 * browsers give camera and microphone to secure contexts only. */
#pragma once

#include <stddef.h>

/* Makes cert.pem and key.pem (readable by the owner only) in dir, unless there is a pair that holds for
 * another month. It is for localhost, the machine's name and its present addresses. The paths are to be freed
 * with g_free(). 0, or a negative errno with one line in err. */
int tls_cert_make(const char *dir, char **cert, char **key, char *err, size_t err_len)
    __attribute__((warn_unused_result));
