#include "dtls_records.h"

#include "seal_engine.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

/*  type (1) | version (2) | epoch (2) | number (6) | length (2) | explicit nonce (8) | encrypted | tag (16)
 */
enum {
    VERSION = 0xfefd,
    HEADER_LEN = 13,
    NONCE_LEN = 8,
    AAD_LEN = 13, /* epoch | number | type | version | length of the plain text */
    PLAIN_AT = HEADER_LEN + NONCE_LEN,
    FINISHED_LEN = 24, /* message header and verify_data */
    WINDOW = 64,       /* records (RFC 6347, section 4.1.2.6) */
};

#define EPOCH       (UINT64_C(1) << 48) /* above a number: that of all records under keys */
#define NUMBER_MASK (EPOCH - 1)

_Static_assert(PLAIN_AT + SEAL_GCM_TAG_LEN == DTLS_RECORDS_OVERHEAD, "a record's parts");
_Static_assert(HEADER_LEN + 1 + FINISHED_LEN + DTLS_RECORDS_OVERHEAD == DTLS_RECORDS_FLIGHT_LEN,
               "two records");
_Static_assert(FINISHED_LEN + DTLS_RECORDS_OVERHEAD == sizeof(((struct dtls_records *)0)->finished),
               "a record");

static uint64_t get_u64(const uint8_t *p)
{
    return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

static void put_u64(uint8_t *p, uint64_t v)
{
    put_u32(p, (uint32_t)(v >> 32));
    put_u32(p + 4, (uint32_t)v);
}

static void put_header(uint8_t *p, enum dtls_content type, uint64_t number, size_t len)
{
    p[0] = (uint8_t)type;
    put_u16(p + 1, VERSION);
    put_u64(p + 3, number);
    put_u16(p + 11, (uint32_t)len);
}

/* --- Nonces, keys ----------------------------------------------------------------- */

/* What AES-GCM wants to know besides a record's text. */
struct frame {
    uint8_t iv[SEAL_IV_LEN], aad[AAD_LEN];
};

/* header: of the record, with its explicit nonce. */
static struct frame frame_of(const struct dtls_records_side *side, const uint8_t *header, size_t plain_len)
{
    struct frame f;
    memcpy(f.iv, side->salt, sizeof(side->salt));
    memcpy(f.iv + sizeof(side->salt), header + HEADER_LEN, NONCE_LEN);
    memcpy(f.aad, header + 3, 8);
    memcpy(f.aad + 8, header, 3);
    put_u16(f.aad + 11, (uint32_t)plain_len);
    return f;
}

/* Decrypts len bytes of text in place, behind which the tag lies. */
static bool unseal(const struct dtls_records *r, const struct dtls_records_side *side, const uint8_t *header,
                   uint8_t *text, size_t len)
{
    const struct frame f = frame_of(side, header, len);
    const struct seal_sealed sealed = {.aad = f.aad, .aad_len = AAD_LEN, .text = text, .text_len = len};
    void *state = seal_evp.open(side->key, r->key_len);
    bool ok = state && seal_evp.unseal(state, f.iv, &sealed);
    if (state)
        seal_evp.close(state);
    return ok;
}

/* The key block (RFC 5246, section 6.3). */
static bool derive(const char *digest, uint8_t *secret, size_t secret_len, uint8_t *seed, size_t seed_len,
                   uint8_t *out, size_t len)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)digest, 0),
        OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SECRET, secret, secret_len),
        OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SEED, seed, seed_len),
        OSSL_PARAM_END,
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    bool ok = ctx && EVP_KDF_derive(ctx, out, len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok;
}

static bool take_keys(struct dtls_records *r, SSL *ssl)
{
    static const char label[] = "key expansion";
    uint8_t secret[SSL_MAX_MASTER_KEY_LENGTH], seed[sizeof(label) - 1 + 2 * SSL3_RANDOM_SIZE];
    uint8_t block[sizeof(r->local) + sizeof(r->remote)], *at = block;
    struct dtls_records_side *client = SSL_is_server(ssl) ? &r->remote : &r->local;
    struct dtls_records_side *server = SSL_is_server(ssl) ? &r->local : &r->remote;
    size_t secret_len = SSL_SESSION_get_master_key(SSL_get_session(ssl), secret, sizeof(secret));
    const EVP_MD *md = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
    memcpy(seed, label, sizeof(label) - 1);
    SSL_get_server_random(ssl, seed + sizeof(label) - 1, SSL3_RANDOM_SIZE);
    SSL_get_client_random(ssl, seed + sizeof(label) - 1 + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
    bool ok =
        md && derive(EVP_MD_get0_name(md), secret, secret_len, seed, sizeof(seed), block, sizeof(block));
    memcpy(client->key, at, r->key_len);
    memcpy(server->key, at += r->key_len, r->key_len);
    memcpy(client->salt, at += r->key_len, sizeof(client->salt));
    memcpy(server->salt, at + sizeof(client->salt), sizeof(server->salt));
    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(block, sizeof(block));
    return ok;
}

/* --- Taking over -------------------------------------------------------------------- */

void dtls_records_note(struct dtls_records *r, const uint8_t *datagram, size_t len)
{
    struct rd in = rd_init(datagram, len);
    while (rd_left(&in) >= HEADER_LEN) {
        const uint8_t *header = rd_bytes(&in, HEADER_LEN);
        size_t text_len = get_u16(header + 11);
        uint64_t number = get_u64(header + 3);
        if (!rd_bytes(&in, text_len))
            return;
        if (number < EPOCH) {
            r->plain_number = number;
            continue;
        }
        r->number = number & NUMBER_MASK;
        r->has_finished = header[0] == DTLS_CONTENT_HANDSHAKE && HEADER_LEN + text_len == sizeof(r->finished);
        if (r->has_finished) {
            r->nonce = get_u64(header + HEADER_LEN);
            memcpy(r->finished, header, sizeof(r->finished));
        }
    }
}

bool dtls_records_begin(struct dtls_records *r, SSL *ssl)
{
    int cipher = SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(ssl));
    if (SSL_version(ssl) != DTLS1_2_VERSION || (cipher != NID_aes_128_gcm && cipher != NID_aes_256_gcm))
        return false;
    r->key_len = cipher == NID_aes_256_gcm ? 32 : 16;
    /* What was sealed under the keys has to come out of its record with them. */
    return r->has_finished && take_keys(r, ssl) &&
           unseal(r, &r->local, r->finished, r->finished + PLAIN_AT, FINISHED_LEN);
}

/* --- Receiving -------------------------------------------------------------------------- */

static bool is_fresh(const struct dtls_records *r, uint64_t number)
{
    if (!r->any_came || number > r->newest)
        return true;
    return r->newest - number < WINDOW && !(r->seen >> (r->newest - number) & 1);
}

static void note_came(struct dtls_records *r, uint64_t number)
{
    if (!r->any_came || number > r->newest) {
        uint64_t step = r->any_came ? number - r->newest : WINDOW;
        r->seen = step < WINDOW ? r->seen << step : 0;
        r->newest = number;
        r->any_came = true;
    }
    r->seen |= UINT64_C(1) << (r->newest - number);
}

/* header: of a record with len bytes after it. */
static bool open_record(struct dtls_records *r, const uint8_t *header, size_t len, uint8_t *plain)
{
    uint64_t number = get_u64(header + 3) & NUMBER_MASK;
    if (get_u16(header + 1) != VERSION || get_u64(header + 3) >> 48 != 1 || !is_fresh(r, number) ||
        len < NONCE_LEN + SEAL_GCM_TAG_LEN || len > DTLS_RECORDS_PLAIN_MAX)
        return false;
    memcpy(plain, header + PLAIN_AT, len - NONCE_LEN);
    if (!unseal(r, &r->remote, header, plain, len - NONCE_LEN - SEAL_GCM_TAG_LEN))
        return false;
    note_came(r, number);
    return true;
}

bool dtls_records_open(struct dtls_records *r, struct rd *datagram, enum dtls_content *type,
                       uint8_t plain[DTLS_RECORDS_PLAIN_MAX], size_t *len)
{
    while (rd_left(datagram) >= HEADER_LEN) {
        const uint8_t *header = rd_bytes(datagram, HEADER_LEN);
        size_t text_len = get_u16(header + 11);
        if (!rd_bytes(datagram, text_len))
            return false;
        if (!open_record(r, header, text_len, plain))
            continue;
        *type = (enum dtls_content)header[0];
        *len = text_len - NONCE_LEN - SEAL_GCM_TAG_LEN;
        return true;
    }
    return false;
}

/* --- Sending ------------------------------------------------------------------------------ */

int dtls_records_seal(struct dtls_records *r, enum dtls_content type, const uint8_t *p, size_t len,
                      uint8_t *out)
{
    if (r->number == NUMBER_MASK)
        return -EIO; /* there are no more numbers */
    put_header(out, type, EPOCH | ++r->number, len + NONCE_LEN + SEAL_GCM_TAG_LEN);
    put_u64(out + HEADER_LEN, ++r->nonce);
    const struct frame f = frame_of(&r->local, out, len);
    const struct seal_packet packet = {.header = f.aad, .header_len = AAD_LEN, .rest = p, .rest_len = len};
    void *state = seal_evp.open(r->local.key, r->key_len);
    int err = state ? seal_evp.seal(state, f.iv, &packet, out + PLAIN_AT) : -EIO;
    if (state)
        seal_evp.close(state);
    return err;
}

int dtls_records_last_flight(struct dtls_records *r, uint8_t out[DTLS_RECORDS_FLIGHT_LEN])
{
    put_header(out, DTLS_CONTENT_CHANGE_CIPHER_SPEC, ++r->plain_number, 1);
    out[HEADER_LEN] = 1;
    return dtls_records_seal(r, DTLS_CONTENT_HANDSHAKE, r->finished + PLAIN_AT, FINISHED_LEN,
                             out + HEADER_LEN + 1);
}
