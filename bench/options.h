/* What the load tester is to do: its command line as a table, which also prints --help. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTIONS_LAYERS_MAX = 3, OPTIONS_TILES_MAX = 16, OPTIONS_ASSERTS_MAX = 16, OPTIONS_ERROR_MAX = 256 };

/* One simulcast layer of a camera. */
struct options_layer {
    uint16_t width, height;
    double fps;
    double bits; /* a second */
};

/* How large a slot is on somebody's screen. */
struct options_tile {
    uint16_t width, height;
};

enum options_batch { OPTIONS_AUTO, OPTIONS_ON, OPTIONS_OFF }; /* auto: off where the server is on loopback */

/* What participants tell the server of their networks, besides receiver reports. */
enum options_feedback {
    OPTIONS_TRANSPORT_CC,
    OPTIONS_REMB /* --rate, or as if there were no bound */,
    OPTIONS_REPORTS
};

enum { OPTIONS_TALK_ALL = -1 };

/* Strings are the arguments' own. */
struct options {
    const char *url, *driver, *room, *name, *token, *whip, *whep;
    bool insecure;
    uint32_t rooms, participants;
    int32_t publishers, audio, video; /* of each room; -1 = all there are */
    struct options_layer layers[OPTIONS_LAYERS_MAX];
    uint32_t layer_count;
    uint32_t packet; /* bytes of payload, at most */
    double key_size; /* of a key frame, in frames */
    double spacing;  /* seconds between packets of a frame */
    bool pictures;
    int32_t talk;  /* speakers at a time, or OPTIONS_TALK_ALL */
    double turn;   /* seconds that one speaks */
    double pauses; /* share of that in which it says nothing */
    uint32_t audio_slots, video_slots;
    struct options_tile tiles[OPTIONS_TILES_MAX]; /* of the video slots; the last is that of all behind it */
    uint32_t tile_count;                          /* 0 = nothing is told */
    double views; /* seconds between changes of a participant's view; 0 = none */
    double join_rate, churn, warmup, duration;
    uint32_t ramp;        /* participants of each step; 0 = no ramp */
    double loss;          /* share of the packets, each way */
    double delay, jitter; /* seconds, each way */
    double rate;          /* bits a second, each way; 0 = without a bound */
    enum options_feedback feedback;
    const char *srtp; /* the profile to offer, in OpenSSL's words; NULL = all */
    int32_t impaired; /* participants of each room that this is for; -1 = all */
    uint32_t threads; /* 0 = one for each core */
    uint32_t check;   /* of so many packets one is verified in full */
    enum options_batch gro, gso;
    bool spin;
    uint32_t pid; /* of the server; 0 = not told */
    const char *json;
    const char *asserts[OPTIONS_ASSERTS_MAX];
    uint32_t assert_count;
    uint64_t given; /* which of them the command line names; see options_given() */
};

/* Defaults, then the arguments (argv[0] is skipped). 0; 1 where --help was asked for; -EINVAL with one line
 * in words in err (OPTIONS_ERROR_MAX bytes). */
int options_parse(struct options *o, int argc, char **argv, char *err) __attribute__((warn_unused_result));

/* Whether the command line names that option. */
bool options_given(const struct options *o, const char *name);

/* The text of --help, to be freed with g_free(). */
char *options_help(void);
