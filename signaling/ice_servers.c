#include "ice_servers.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

struct credentials {
    char *username, *password;
};

static bool is_turn(const char *url)
{
    return g_str_has_prefix(url, "turn");
}

/* username: the time of expiry and whose it is; password: base64(HMAC-SHA1(secret, username)). */
static struct credentials make(const struct conf *conf, uint32_t participant, int64_t now)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const char *secret = conf->ice.secret;
    struct credentials made = {
        .username = g_strdup_printf("%" G_GINT64_FORMAT ":%u", now + conf->ice.lifetime, participant)};
    HMAC(EVP_sha1(), secret, (int)strlen(secret), (const unsigned char *)made.username, strlen(made.username),
         digest, &len);
    made.password = g_base64_encode(digest, len);
    return made;
}

static void finish(struct credentials *credentials)
{
    g_free(credentials->username);
    g_free(credentials->password);
}

json_t *ice_servers_list(const struct conf *conf, uint32_t participant, int64_t now)
{
    json_t *list = json_array();
    struct credentials credentials = make(conf, participant, now);
    g_auto(GStrv) urls = g_strsplit(conf->ice.servers, " ", -1);
    for (char **url = urls; *url; url++)
        json_array_append_new(list, is_turn(*url)
                                        ? json_pack("{s:s, s:s, s:s}", "urls", *url, "username",
                                                    credentials.username, "credential", credentials.password)
                                        : json_pack("{s:s}", "urls", *url));
    finish(&credentials);
    return list;
}

void ice_servers_link(const struct conf *conf, uint32_t participant, int64_t now, struct http_reply *reply)
{
    struct credentials credentials = make(conf, participant, now);
    g_auto(GStrv) urls = g_strsplit(conf->ice.servers, " ", -1);
    for (char **url = urls; *url; url++) {
        if (is_turn(*url))
            http_reply_header(reply, "link:",
                              "<%s>; rel=\"ice-server\"; username=\"%s\"; credential=\"%s\"; "
                              "credential-type=\"password\"",
                              *url, credentials.username, credentials.password);
        else
            http_reply_header(reply, "link:", "<%s>; rel=\"ice-server\"", *url);
    }
    finish(&credentials);
}
