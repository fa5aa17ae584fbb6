#include "ice_servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* printf %s 1700086400:7 | openssl dgst -sha1 -hmac north -binary | base64 */
#define USERNAME "1700086400:7"
#define PASSWORD "VQBoFbUjwRf6jg8ak5HeALvzb34="
enum { NOW = 1700000000 };

static void load(struct conf *conf, const char *servers)
{
    g_autofree char *set = g_strdup_printf("ice.servers=%s", servers);
    char *sets[] = {"ice.secret=north", set}, err[300];
    if (conf_load(conf, NULL, sets, 2, err, sizeof(err)) < 0)
        fail_msg("%s", err);
}

static void check_servers(void **state)
{
    static const struct {
        const char *servers, *json, *links;
    } rows[] = {
        {"", "[]", ""},
        {"stun:a.example", "[{\"urls\":\"stun:a.example\"}]", "<stun:a.example>; rel=\"ice-server\"\n"},
        {"stuns:[::1]:5349 turn:b.example:3478?transport=tcp",
         "[{\"urls\":\"stuns:[::1]:5349\"},{\"urls\":\"turn:b.example:3478?transport=tcp\",\"username\":"
         "\"" USERNAME "\",\"credential\":\"" PASSWORD "\"}]",
         "<stuns:[::1]:5349>; rel=\"ice-server\"\n"
         "<turn:b.example:3478?transport=tcp>; rel=\"ice-server\"; username=\"" USERNAME
         "\"; credential=\"" PASSWORD "\"; credential-type=\"password\"\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct conf conf;
        struct http_reply reply = {0};
        load(&conf, rows[i].servers);
        json_t *list = ice_servers_list(&conf, 7, NOW);
        char *json = json_dumps(list, JSON_COMPACT);
        assert_string_equal(json, rows[i].json);
        free(json);
        json_decref(list);
        ice_servers_link(&conf, 7, NOW, &reply);
        GString *links = g_string_new(NULL);
        for (size_t k = 0; k < reply.header_count; k++) {
            assert_string_equal(reply.headers[k].name, "link:");
            g_string_append_printf(links, "%s\n", reply.headers[k].value);
        }
        assert_string_equal(links->str, rows[i].links);
        g_string_free(links, TRUE);
        http_reply_clear(&reply);
        conf_finish(&conf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
