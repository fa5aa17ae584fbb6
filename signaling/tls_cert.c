#include "tls_cert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60, LIFE_DAYS = 800, RENEW_DAYS = 30 };

/* "DNS:localhost,DNS:name,IP:..." as X509V3_EXT_nconf_nid() takes it. */
static char *alternative_names(void)
{
    GString *names = g_string_new("DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1");
    const char *host = g_get_host_name();
    struct ifaddrs *list = NULL;
    if (*host &&
        host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] == '\0')
        g_string_append_printf(names, ",DNS:%s", host);
    if (getifaddrs(&list) < 0)
        return g_string_free(names, FALSE);
    for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
        char text[INET6_ADDRSTRLEN];
        const void *address;
        if (!i->ifa_addr || (i->ifa_flags & IFF_LOOPBACK))
            continue;
        if (i->ifa_addr->sa_family == AF_INET)
            address = &((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;
        else if (i->ifa_addr->sa_family == AF_INET6)
            address = &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr;
        else
            continue;
        if (inet_ntop(i->ifa_addr->sa_family, address, text, sizeof(text)))
            g_string_append_printf(names, ",IP:%s", text);
    }
    freeifaddrs(list);
    return g_string_free(names, FALSE);
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool fill(X509 *cert, EVP_PKEY *key)
{
    g_autofree char *names = alternative_names();
    uint64_t serial = 0;
    X509_NAME *subject = X509_get_subject_name(cert);
    if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
        return false;
    return X509_set_version(cert, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -DAY) &&
           X509_gmtime_adj(X509_getm_notAfter(cert), (long)LIFE_DAYS * DAY) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"Plenum", -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1 && X509_set_pubkey(cert, key) == 1 &&
           add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, NID_ext_key_usage, "serverAuth") &&
           add_extension(cert, NID_subject_alt_name, names) && X509_sign(cert, key, EVP_sha256()) > 0;
}

/* Writes beside it and renames, so that there is never half a file. */
static int write_pem(const char *path, mode_t mode, X509 *cert, EVP_PKEY *key)
{
    g_autofree char *fresh = g_strconcat(path, ".new", NULL);
    unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return -error;
    }
    bool written = key ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1
                       : PEM_write_X509(file, cert) == 1;
    written = fclose(file) == 0 && written;
    return written && rename(fresh, path) == 0 ? 0 : -EIO;
}

/* A key that wants a passphrase cannot be read: nobody is there to be asked. */
static int no_passphrase(char *to, int size, int writing, void *arg)
{
    (void)to;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static FILE *open_pem(const char *name, const char *path, char *err, size_t err_len)
{
    FILE *file = fopen(path, "re");
    if (!file)
        snprintf(err, err_len, "http.%s: cannot read %s: %s", name, path, g_strerror(errno));
    return file;
}

static X509 *read_cert(const char *path, char *err, size_t err_len)
{
    FILE *file = open_pem("certificate", path, err, err_len);
    if (!file)
        return NULL;
    X509 *cert = PEM_read_X509(file, NULL, no_passphrase, NULL);
    if (!cert)
        snprintf(err, err_len, "http.certificate: %s has no certificate in PEM", path);
    fclose(file);
    return cert;
}

static EVP_PKEY *read_key(const char *path, char *err, size_t err_len)
{
    FILE *file = open_pem("key", path, err, err_len);
    if (!file)
        return NULL;
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    if (!key)
        snprintf(err, err_len, "http.key: %s has no private key in PEM without a passphrase", path);
    fclose(file);
    return key;
}

/* The certificate, to be freed, or NULL with one line in err. */
static X509 *read_pair(const char *cert_path, const char *key_path, char *err, size_t err_len)
{
    X509 *cert = read_cert(cert_path, err, err_len);
    EVP_PKEY *key = cert ? read_key(key_path, err, err_len) : NULL;
    bool match = key && X509_check_private_key(cert, key) == 1;
    if (key && !match)
        snprintf(err, err_len, "http.key: %s is not the key of %s", key_path, cert_path);
    if (!match)
        g_clear_pointer(&cert, X509_free);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return cert;
}

int tls_cert_check(const char *cert_path, const char *key_path, char *err, size_t err_len)
{
    X509 *cert = read_pair(cert_path, key_path, err, err_len);
    X509_free(cert);
    return cert ? 0 : -EINVAL;
}

static bool still_holds(const char *cert_path, const char *key_path)
{
    char err[1];
    X509 *cert = read_pair(cert_path, key_path, err, sizeof(err));
    time_t then = time(NULL) + (time_t)RENEW_DAYS * DAY;
    bool holds = cert && X509_cmp_time(X509_get0_notAfter(cert), &then) > 0;
    X509_free(cert);
    return holds;
}

static int make(const char *cert_path, const char *key_path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    int result = key && cert && fill(cert, key) ? 0 : -EIO;
    if (result == 0)
        result = write_pem(key_path, 0600, NULL, key);
    if (result == 0)
        result = write_pem(cert_path, 0644, cert, NULL);
    X509_free(cert);
    EVP_PKEY_free(key);
    return result;
}

int tls_cert_make(const char *dir, char **cert, char **key, char *err, size_t err_len)
{
    g_autofree char *cert_path = g_build_filename(dir, "cert.pem", NULL);
    g_autofree char *key_path = g_build_filename(dir, "key.pem", NULL);
    int result = g_mkdir_with_parents(dir, 0700) < 0 ? -errno : 0;
    if (result == 0 && !still_holds(cert_path, key_path))
        result = make(cert_path, key_path);
    if (result < 0) {
        snprintf(err, err_len, "http.tls_dir: cannot make a certificate in %s: %s", dir, g_strerror(-result));
        return result;
    }
    *cert = g_steal_pointer(&cert_path);
    *key = g_steal_pointer(&key_path);
    return 0;
}
