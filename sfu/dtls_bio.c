#include "dtls_bio.h"

#include <pthread.h>
#include <string.h>

static int bio_write(BIO *bio, const char *data, int len)
{
    struct dtls_bio *state = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (len > 0)
        state->output(state->arg, (const uint8_t *)data, (size_t)len);
    return len;
}

/* What does not fit is lost, as with recv(). */
static int bio_read(BIO *bio, char *data, int cap)
{
    struct dtls_bio *state = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!state->in || cap <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t len = state->in_len < (size_t)cap ? state->in_len : (size_t)cap;
    memcpy(data, state->in, len);
    dtls_bio_feed(state, NULL, 0);
    return (int)len;
}

/* The MTU is set from outside and no socket is here to be asked: of all the
 * questions flushing alone gets a yes. */
static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)bio;
    (void)num;
    (void)ptr;
    return cmd == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *method;

static void method_make(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (m && BIO_meth_set_write(m, bio_write) && BIO_meth_set_read(m, bio_read) &&
        BIO_meth_set_ctrl(m, bio_ctrl) && BIO_meth_set_create(m, bio_create))
        method = m;
    else
        BIO_meth_free(m);
}

BIO *dtls_bio_new(struct dtls_bio *state)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, method_make);
    BIO *bio = method ? BIO_new(method) : NULL;
    if (bio)
        BIO_set_data(bio, state);
    return bio;
}

void dtls_bio_feed(struct dtls_bio *state, const uint8_t *datagram, size_t len)
{
    state->in = datagram;
    state->in_len = len;
}
