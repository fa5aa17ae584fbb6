#include "methods.h"

#include "sdp.h"
#include "session.h"

static const char *const pinned_sources[] = {"camera", "screen", NULL};

#define ROOM_WORDS "letters, digits, '.', '_' and '-'"
#define NAME_WORDS "words to show, without control characters"

#define ROOM(must)                                                                                           \
    {                                                                                                        \
        .name = "room", .type = SCHEMA_STRING, .required = (must), .min = 1, .max = 64, .form = schema_room, \
        .form_words = ROOM_WORDS                                                                             \
    }
#define NAME(must, least)                                                                                    \
    {                                                                                                        \
        .name = "name", .type = SCHEMA_STRING, .required = (must), .min = (least), .max = 64,                \
        .form = (least) ? schema_name : NULL, .form_words = NAME_WORDS                                       \
    }
#define PARTICIPANT(field)                                                                                   \
    {                                                                                                        \
        .name = (field), .type = SCHEMA_INTEGER, .nullable = true, .min = 1, .max = UINT32_MAX               \
    }
#define END                                                                                                  \
    {                                                                                                        \
        .name = NULL                                                                                         \
    }

static const struct schema_field none[] = {END};

static const struct schema_field join[] = {
    ROOM(true),
    NAME(false, 1),
    {.name = "token", .type = SCHEMA_TEXT, .nullable = true, .min = 1, .max = 4096},
    {.name = "resume", .type = SCHEMA_TEXT, .nullable = true, .min = 1, .max = 64},
    {.name = "event", .type = SCHEMA_INTEGER, .nullable = true, .min = 0, .max = UINT32_MAX},
    END,
};

static const struct schema_field offer_track[] = {
    {.name = "mid", .type = SCHEMA_TEXT, .required = true, .min = 1, .max = SFU_MID_MAX},
    {.name = "source", .type = SCHEMA_STRING, .required = true, .words = session_sources},
    {.name = "muted", .type = SCHEMA_BOOLEAN, .nullable = true},
    NAME(false, 0),
    END,
};

static const struct schema_field offer[] = {
    {.name = "sdp", .type = SCHEMA_TEXT, .required = true, .min = 1, .max = SDP_TEXT_MAX},
    {.name = "tracks", .type = SCHEMA_LIST, .nullable = true, .max = SFU_TRACKS_MAX, .fields = offer_track},
    END,
};

static const struct schema_field view_slot[] = {
    {.name = "slot", .type = SCHEMA_INTEGER, .required = true, .min = 0, .max = SFU_SLOTS_MAX - 1},
    {.name = "hidden", .type = SCHEMA_BOOLEAN, .nullable = true},
    {.name = "width", .type = SCHEMA_INTEGER, .nullable = true, .min = 0, .max = UINT16_MAX},
    {.name = "height", .type = SCHEMA_INTEGER, .nullable = true, .min = 0, .max = UINT16_MAX},
    {.name = "fps", .type = SCHEMA_INTEGER, .nullable = true, .min = 0, .max = UINT8_MAX},
    {.name = "priority", .type = SCHEMA_INTEGER, .nullable = true, .min = 0, .max = UINT8_MAX},
    PARTICIPANT("pin"),
    {.name = "source", .type = SCHEMA_STRING, .nullable = true, .words = pinned_sources},
    END,
};

static const struct schema_field view[] = {
    {.name = "slots", .type = SCHEMA_LIST, .required = true, .max = SFU_SLOTS_MAX, .fields = view_slot},
    END,
};

static const struct schema_field publish_track[] = {
    {.name = "track", .type = SCHEMA_INTEGER, .required = true, .min = 1, .max = UINT32_MAX},
    {.name = "muted", .type = SCHEMA_BOOLEAN, .nullable = true},
    NAME(false, 0),
    END,
};

static const struct schema_field publish[] = {
    {.name = "tracks", .type = SCHEMA_LIST, .required = true, .max = SFU_TRACKS_MAX, .fields = publish_track},
    END,
};

static const struct schema_field rename_[] = {NAME(true, 1), END};

static const struct schema_field chat[] = {
    {.name = "text", .type = SCHEMA_TEXT, .required = true, .min = 1, .max = RPC_MESSAGE_MAX},
    PARTICIPANT("to"),
    END,
};

static const struct schema_field participants[] = {
    {.name = "after", .type = SCHEMA_INTEGER, .nullable = true, .min = 0, .max = UINT32_MAX},
    {.name = "limit", .type = SCHEMA_INTEGER, .nullable = true, .min = 1, .max = 100},
    END,
};

static const struct schema_field rooms[] = {
    {.name = "subscribe", .type = SCHEMA_BOOLEAN, .nullable = true},
    END,
};

const struct rpc_method methods[] = {
    {"join", true, join, methods_join},
    {"offer", false, offer, methods_offer},
    {"view", false, view, methods_view},
    {"publish", false, publish, methods_publish},
    {"rename", false, rename_, methods_rename},
    {"chat", false, chat, methods_chat},
    {"participants", false, participants, methods_participants},
    {"rooms", true, rooms, methods_rooms},
    {"stats", false, none, methods_stats},
    {"leave", false, none, methods_leave},
    {NULL, false, NULL, NULL},
};
