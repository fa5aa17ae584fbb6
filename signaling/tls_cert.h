/* A self-signed certificate, so that phones in the same network can join:
 * browsers give camera and microphone to secure contexts only. */
#pragma once

#include <stddef.h>

/* Whether both files can be read and belong together. 0, or a negative errno with one line in err that names
 * http.certificate or http.key. */
int tls_cert_check(const char *cert_path, const char *key_path, char *err, size_t err_len)
    __attribute__((warn_unused_result));

/* Makes cert.pem and key.pem (readable by the owner only) in dir, unless there is a pair that belongs
 * together and holds for another month. It is for localhost, the machine's name and its present addresses.
 * The paths are to be freed with g_free(). 0, or a negative errno with one line in err. */
int tls_cert_make(const char *dir, char **cert, char **key, char *err, size_t err_len)
    __attribute__((warn_unused_result));
