#include "upcalls.h"

#include "log.h"
#include "media_stats.h"
#include "server.h"

static struct session *session_of(const struct server *server, uint64_t transport)
{
    return g_hash_table_lookup(server->plane.transports, &transport);
}

static void on_connected(void *arg, uint64_t transport)
{
    struct session *session = session_of(arg, transport);
    if (!session)
        return;
    media_connected(session);
    server_trim_soon(arg);
}

static void on_gone(void *arg, uint64_t transport, enum sfu_gone why)
{
    struct session *session = session_of(arg, transport);
    if (!session)
        return;
    media_gone(session, why);
    if (session->way != SESSION_SOCKET) {
        bool late = why == SFU_GONE_TIMEOUT || why == SFU_GONE_HANDSHAKE;
        server_end(session, late ? "timeout" : "left"); /* it is nothing but its media */
        return;
    }
    /* A page that was closed, and whose WebSocket's close frame got lost: nobody will resume. */
    if (!session->client && why == SFU_GONE_PEER)
        server_end(session, "left");
}

static void on_slots(void *arg, uint64_t transport, const struct sfu_slot_event *slots, size_t count)
{
    struct session *session = session_of(arg, transport);
    if (session)
        media_slots(session, slots, count);
}

static void on_speakers(void *arg, uint64_t room, const struct sfu_speaker_event *speakers, size_t count)
{
    const struct server *server = arg;
    struct meeting *meeting = g_hash_table_lookup(server->rooms, &room);
    if (meeting)
        meeting_speakers(meeting, speakers, count);
}

static void on_wanted(void *arg, uint64_t transport, uint32_t track, uint8_t layers)
{
    struct session *session = session_of(arg, transport);
    if (session)
        media_wanted(session, track, layers);
}

static void on_stats(void *arg, uint64_t cookie, const struct sfu_transport_stats *stats)
{
    struct session *session = session_of(arg, stats->transport);
    if (session && session->client)
        rpc_answer(session->client, cookie, media_stats(stats));
}

static void on_load(void *arg, unsigned worker, const struct sfu_load *load)
{
    static const char *const words[] = {
        [SFU_SHED_LAYERS] = "video is thinned out",
        [SFU_SHED_VIDEO] = "video is left out, and nobody new comes in",
        [SFU_SHED_AUDIO] = "only some voices are left, and nobody new comes in",
    };
    (void)arg;
    if (load->shed == SFU_SHED_NOTHING)
        log_info(NULL, 0, "media worker %u has time again: nothing is left out any more", worker);
    else
        log_warning(NULL, 0, "media worker %u is %u %% busy: %s", worker, load->busy, words[load->shed]);
}

const struct sfu_upcalls upcalls = {
    .connected = on_connected,
    .gone = on_gone,
    .slots = on_slots,
    .speakers = on_speakers,
    .wanted = on_wanted,
    .stats = on_stats,
    .load = on_load,
};
