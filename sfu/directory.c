#include "directory.h"

#include "transport.h"

static uint64_t seed; /* of the addresses' hashes */

static guint hash_addr(gconstpointer key)
{
    return (guint)addr_hash(key, seed);
}

static gboolean equal_addr(gconstpointer a, gconstpointer b)
{
    return addr_equal(a, b);
}

void directory_init(struct directory *d)
{
    if (!seed)
        seed = (uint64_t)g_random_int() << 32 | g_random_int();
    *d = (struct directory){
        .by_id = g_hash_table_new(g_int64_hash, g_int64_equal),
        .by_ufrag = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .by_address = g_hash_table_new_full(hash_addr, equal_addr, g_free, NULL),
    };
}

void directory_finish(struct directory *d)
{
    g_hash_table_destroy(d->by_id);
    g_hash_table_destroy(d->by_ufrag);
    g_hash_table_destroy(d->by_address);
}

void directory_add(struct directory *d, struct transport *t)
{
    g_hash_table_insert(d->by_id, &t->id, t);
}

void directory_remove(struct directory *d, const struct transport *t)
{
    for (uint8_t i = 0; i < t->connection.ice.remote_count; i++)
        g_hash_table_remove(d->by_address, &t->connection.ice.remotes[i].addr);
    directory_remove_ufrag(d, t->connection.ice.current.ufrag);
    directory_remove_ufrag(d, t->connection.ice.previous.ufrag);
    g_hash_table_remove(d->by_id, &t->id);
    d->last = NULL;
}

void directory_add_ufrag(struct directory *d, const char *ufrag, struct transport *t)
{
    g_hash_table_insert(d->by_ufrag, g_strdup(ufrag), t);
}

void directory_remove_ufrag(struct directory *d, const char *ufrag)
{
    g_hash_table_remove(d->by_ufrag, ufrag);
}

void directory_set_address(struct directory *d, const struct addr *addr, struct transport *t)
{
    d->last = NULL;
    if (t)
        g_hash_table_replace(d->by_address, g_memdup2(addr, sizeof(*addr)), t);
    else
        g_hash_table_remove(d->by_address, addr);
}

struct transport *directory_find(const struct directory *d, uint64_t id)
{
    return g_hash_table_lookup(d->by_id, &id);
}

struct transport *directory_at(struct directory *d, const struct addr *addr)
{
    if (!d->last || !addr_equal(&d->last_addr, addr)) {
        d->last = g_hash_table_lookup(d->by_address, addr);
        d->last_addr = *addr;
    }
    return d->last;
}

/* --- For STUN ---------------------------------------------------------------------- */

static struct ice *ice_by_ufrag(void *arg, const char *ufrag, size_t len)
{
    const struct directory *d = arg;
    char key[SFU_UFRAG_MAX + 1];
    if (len > SFU_UFRAG_MAX)
        return NULL;
    memcpy(key, ufrag, len);
    key[len] = '\0';
    struct transport *t = g_hash_table_lookup(d->by_ufrag, key);
    return t ? &t->connection.ice : NULL;
}

static struct ice *ice_by_addr(void *arg, const struct addr *addr)
{
    const struct directory *d = arg;
    struct transport *t = g_hash_table_lookup(d->by_address, addr);
    return t ? &t->connection.ice : NULL;
}

const struct ice_tables directory_ice_tables = {ice_by_ufrag, ice_by_addr};
