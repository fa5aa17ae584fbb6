#include "stage.h"

#include "process.h"

#include <math.h>
#include <sys/resource.h>

enum {
    FILES_OF_ONE = 2, /* its two sockets */
    FILES_BESIDE = 100,
    POLL_MANY = 100, /* sockets */
    POLL_WAIT_US = 16,
};

/* Two sockets for each participant. */
static bool raise_file_limit(const struct options *o, char *err)
{
    struct rlimit limit;
    uint64_t needed = (uint64_t)o->rooms * o->participants * FILES_OF_ONE + FILES_BESIDE;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < needed && limit.rlim_max >= needed)
        limit.rlim_cur = needed;
    else if (limit.rlim_cur < needed)
        limit.rlim_cur = limit.rlim_max = needed; /* for the superuser */
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return true;
    g_snprintf(err, OPTIONS_ERROR_MAX,
               "this takes %llu open files, more than this user may have: ulimit -n %llu",
               (unsigned long long)needed, (unsigned long long)needed);
    return false;
}

/* Whether the server is this machine, where the kernel charges the sender for the receiver's batches. */
static bool is_loopback(const char *url)
{
    static const char *const hosts[] = {"//127.", "//localhost", "//[::1]"};
    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        if (strstr(url, hosts[i]))
            return true;
    }
    return false;
}

static bool batches(enum options_batch wish, bool loopback)
{
    return wish == OPTIONS_ON || (wish == OPTIONS_AUTO && !loopback);
}

/* GLib looks at each of its sockets whenever one of them has something. With many it is worth waiting a
 * moment for more to come, in proportion to what a look costs. */
static gint poll_patiently(GPollFD *fds, guint count, gint timeout_ms)
{
    guint wait_us = count > POLL_MANY ? count * POLL_WAIT_US : 0;
    if (wait_us && (timeout_ms < 0 || wait_us <= (guint)timeout_ms * 1000))
        g_usleep(wait_us);
    return g_poll(fds, count, timeout_ms);
}

static bool encode_pictures(struct stage *s, const struct options *o, char *err)
{
    struct pictures_conf confs[OPTIONS_LAYERS_MAX];
    for (size_t i = 0; i < o->layer_count; i++) {
        const struct options_layer *l = &o->layers[i];
        confs[i] = (struct pictures_conf){l->width, l->height, (uint16_t)lround(l->fps), (uint32_t)l->bits};
    }
    if (!o->pictures || gallery_init(&s->gallery, confs, o->layer_count) == 0)
        return true;
    g_snprintf(err, OPTIONS_ERROR_MAX,
               "--pictures: the encoder refuses these --layers; sizes have to be even");
    return false;
}

static bool find_server(struct stage *s, const struct options *o, char *err)
{
    struct process before = {0};
    if (o->pid && process_read(&before, o->pid) != 0) {
        g_snprintf(err, OPTIONS_ERROR_MAX, "--pid %u: there is no such process", o->pid);
        return false;
    }
    s->memory_before = before.memory;
    s->server = driver_open(o, s->loop, err);
    return s->server;
}

bool stage_set_up(struct stage *s, const struct options *o, const struct crew_upcalls *up, void *arg,
                  char *err)
{
    bool loopback = is_loopback(o->url);
    *s = (struct stage){.loop = g_main_loop_new(NULL, FALSE)};
    g_main_context_set_poll_func(NULL, poll_patiently);
    if (!raise_file_limit(o, err) || !find_server(s, o, err) || !encode_pictures(s, o, err))
        return false;
    const struct crew_conf conf = {
        .options = o,
        .frames = o->pictures ? &s->gallery.frames : NULL,
        .threads = o->threads ? o->threads : MIN(g_get_num_processors(), CREW_THREADS_MAX),
        .gro = batches(o->gro, loopback),
        .gso = batches(o->gso, loopback),
    };
    s->members = members_new(o, s->server);
    s->crew = crew_new(&conf, up, arg);
    if (!s->crew) {
        g_snprintf(err, OPTIONS_ERROR_MAX, "the media threads cannot start: memory, or open files");
        return false;
    }
    members_set_crew(s->members, s->crew);
    return true;
}

void stage_clear(struct stage *s)
{
    crew_free(s->crew);
    driver_close(s->server);
    members_free(s->members);
    gallery_finish(&s->gallery);
    g_main_loop_unref(s->loop);
}
