#include "options.h"

#include "keys.h"

#include <errno.h>
#include <glib.h>
#include <math.h>
#include <string.h>

/* Each kind of value: how a text becomes what is at `to`. false = it is not one. */
struct row;
typedef bool parse_fn(const struct row *row, const char *text, void *to);

struct row {
    const char *name, *value; /* value NULL: a flag */
    parse_fn *parse;
    size_t at;
    double least, most;
    const char *preset, *help;
};

/* A number with one of these units behind it; what it is then worth. */
struct unit {
    const char *name;
    double worth;
};

static const struct unit times[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"min", 60}, {NULL, 0}};
static const struct unit rates[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {NULL, 0}};
static const struct unit shares[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};
static const struct unit plain[] = {{"", 1}, {NULL, 0}};

static bool read_number(const struct row *row, const struct unit *units, const char *text, double *out)
{
    char *end;
    *out = g_ascii_strtod(text, &end);
    while (units->name && strcmp(units->name, end) != 0)
        units++;
    *out *= units->worth;
    return end != text && units->name && isfinite(*out) && *out >= row->least && *out <= row->most;
}

static bool parse_time(const struct row *row, const char *text, void *to)
{
    return read_number(row, times, text, to);
}

static bool parse_rate(const struct row *row, const char *text, void *to)
{
    return read_number(row, rates, text, to);
}

static bool parse_share(const struct row *row, const char *text, void *to)
{
    return read_number(row, shares, text, to);
}

static bool parse_real(const struct row *row, const char *text, void *to)
{
    return read_number(row, plain, text, to);
}

static bool parse_count(const struct row *row, const char *text, void *to)
{
    double n;
    if (!read_number(row, plain, text, &n) || n != floor(n))
        return false;
    *(uint32_t *)to = (uint32_t)n;
    return true;
}

static bool parse_some(const struct row *row, const char *text, void *to)
{
    uint32_t n;
    bool all = strcmp(text, "all") == 0;
    if (!all && !parse_count(row, text, &n))
        return false;
    *(int32_t *)to = all ? -1 : (int32_t)n;
    return true;
}

static bool parse_text(const struct row *row, const char *text, void *to)
{
    (void)row;
    *(const char **)to = text;
    return *text;
}

static bool parse_flag(const struct row *row, const char *text, void *to)
{
    (void)row;
    *(bool *)to = strcmp(text, "off") != 0;
    return true;
}

/* One of the names: its place in the list. */
static bool read_name(const char *const *names, size_t count, const char *text, int *out)
{
    for (*out = 0; *out < (int)count; ++*out) {
        if (strcmp(text, names[*out]) == 0)
            return true;
    }
    return false;
}

static bool parse_batch(const struct row *row, const char *text, void *to)
{
    static const char *const names[] = {[OPTIONS_AUTO] = "auto", [OPTIONS_ON] = "on", [OPTIONS_OFF] = "off"};
    int which;
    bool ok = read_name(names, G_N_ELEMENTS(names), text, &which);
    (void)row;
    *(enum options_batch *)to = (enum options_batch)which;
    return ok;
}

static bool parse_feedback(const struct row *row, const char *text, void *to)
{
    static const char *const names[] = {
        [OPTIONS_TRANSPORT_CC] = "transport-cc", [OPTIONS_REMB] = "remb", [OPTIONS_REPORTS] = "reports"};
    int which;
    bool ok = read_name(names, G_N_ELEMENTS(names), text, &which);
    (void)row;
    *(enum options_feedback *)to = (enum options_feedback)which;
    return ok;
}

/* The name as OpenSSL has it. */
static bool parse_profile(const struct row *row, const char *text, void *to)
{
    (void)row;
    for (size_t i = 0; i < KEYS_PROFILE_COUNT; i++) {
        if (strcmp(text, keys_profiles[i].name) == 0) {
            *(const char **)to = keys_profiles[i].dtls_name;
            return true;
        }
    }
    return false;
}

/* A whole number up to 65,535 at *text, which moves behind it. */
static bool read_u16(const char **text, uint16_t *out)
{
    uint64_t n;
    char *end;
    if (!g_ascii_isdigit(**text))
        return false;
    n = g_ascii_strtoull(*text, &end, 10);
    *text = end;
    *out = (uint16_t)n;
    return n <= UINT16_MAX;
}

static bool read_size(const char **text, uint16_t *width, uint16_t *height)
{
    return read_u16(text, width) && *(*text)++ == 'x' && read_u16(text, height);
}

static bool parse_tiles(const struct row *row, const char *text, void *to)
{
    struct options *o = to; /* both of its members */
    (void)row;
    for (o->tile_count = 0; o->tile_count < OPTIONS_TILES_MAX; text++) {
        struct options_tile *tile = &o->tiles[o->tile_count++];
        if (!read_size(&text, &tile->width, &tile->height) || (*text && *text != ','))
            return false;
        if (!*text)
            return true;
    }
    return false;
}

static bool parse_slots(const struct row *row, const char *text, void *to)
{
    struct options *o = to; /* both of its members */
    uint16_t audio = 0, video = 0;
    bool ok = read_u16(&text, &audio) && *text++ == ',' && read_u16(&text, &video) && !*text;
    o->audio_slots = audio;
    o->video_slots = video;
    return ok && audio + video <= row->most;
}

/* WIDTHxHEIGHT@FPS:RATE */
static bool parse_layer(const struct row *row, const char *text, struct options_layer *l)
{
    if (!read_size(&text, &l->width, &l->height) || *text++ != '@')
        return false;
    char *end;
    l->fps = g_ascii_strtod(text, &end);
    return l->fps >= 1 && l->fps <= 240 && *end == ':' && read_number(row, rates, end + 1, &l->bits);
}

static bool parse_layers(const struct row *row, const char *text, void *to)
{
    struct options *o = to; /* both of its members */
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    o->layer_count = 0;
    for (size_t i = 0; parts[i]; i++) {
        if (i == OPTIONS_LAYERS_MAX || !parse_layer(row, parts[i], &o->layers[i]))
            return false;
        o->layer_count++;
    }
    return o->layer_count > 0;
}

#define AT(member) offsetof(struct options, member)
#define MANY       1e6

/* What takes the whole of struct options is at 0. */
static const struct row rows[] = {
    {"url", "URL", parse_text, AT(url), 0, 0, "ws://127.0.0.1:8080/ws",
     "of the server's signalling: ws://HOST:PORT/ws"},
    {"driver", "NAME", parse_text, AT(driver), 0, 0, "plenum",
     "the protocol it speaks: plenum, whip (--url http://HOST:PORT) or janus (VideoRoom)"},
    {"token", "JWT", parse_text, AT(token), 0, 0, NULL,
     "to join with, where the server demands one; drivers plenum and whip"},
    {"whip", "PATH", parse_text, AT(whip), 0, 0, "/whip/{room}", "where one publishes; driver whip"},
    {"whep", "PATH", parse_text, AT(whep), 0, 0, "/whep/{room}",
     "where one watches, publishers do not; driver whip"},
    {"insecure", NULL, parse_flag, AT(insecure), 0, 0, "off", "take any certificate of a wss:// server"},
    {"room", "NAME", parse_text, AT(room), 0, 0, "bench", "to join; with --rooms followed by -1, -2, ..."},
    {"rooms", "N", parse_count, AT(rooms), 1, MANY, "1", "at a time"},
    {"name", "NAME", parse_text, AT(name), 0, 0, "bench",
     "of the participants, followed by a number; drivers plenum and janus"},
    {"participants", "N", parse_count, AT(participants), 1, MANY, "5", "of each room"},
    {"publishers", "N", parse_some, AT(publishers), 0, MANY, "all", "of them who send"},
    {"audio", "N", parse_some, AT(audio), 0, MANY, "all", "publishers who send sound"},
    {"video", "N", parse_some, AT(video), 0, MANY, "all", "publishers who send pictures"},
    {"layers", "LIST", parse_layers, 0, 8000, 1e9, "320x180@30:150k,640x360@30:500k,1280x720@30:2500k",
     "simulcast layers, lowest first: WIDTHxHEIGHT@FPS:RATE,..."},
    {"packet", "BYTES", parse_count, AT(packet), 100, 1200, "1150", "most payload of a packet of video"},
    {"key-size", "X", parse_real, AT(key_size), 1, 50, "4",
     "a key frame is so many times as large as another"},
    {"spacing", "TIME", parse_time, AT(spacing), 0, 1, "0",
     "between the packets of a frame, such as 2ms, or 55us as browsers send; 0: each frame is a burst"},
    {"pictures", NULL, parse_flag, AT(pictures), 0, 0, "off",
     "send a test picture that browsers can show; tells no latency of video"},
    {"talk", "N", parse_some, AT(talk), 0, MANY, "all",
     "of each room who speak at a time; the others are silent"},
    {"turn", "TIME", parse_time, AT(turn), 0.1, 1e5, "5s", "that one speaks"},
    {"pauses", "SHARE", parse_share, AT(pauses), 0, 1, "0",
     "of that in which it says nothing, such as 60%: with DTX hardly a packet"},
    {"slots", "A,V", parse_slots, 0, 0, 64, "3,9", "receive slots of each participant, audio and video"},
    {"tile", "WxH,...", parse_tiles, 0, 0, 0, NULL,
     "size of the first video slot on each one's screen, of the next, and so on; the last is that of the "
     "rest; driver plenum"},
    {"views", "TIME", parse_time, AT(views), 0.1, 1e5, NULL,
     "each participant changes its view so often; driver plenum"},
    {"join-rate", "N", parse_real, AT(join_rate), 0.01, MANY, "50", "joins a second"},
    {"churn", "N", parse_real, AT(churn), 0, MANY, "0",
     "participants a second who leave, each replaced by another"},
    {"warmup", "TIME", parse_time, AT(warmup), 0, 1e5, "1s", "from the last join until measuring begins"},
    {"duration", "TIME", parse_time, AT(duration), 0.1, 1e7, "10s", "of measuring; of each step of a ramp"},
    {"ramp", "N", parse_count, AT(ramp), 1, MANY, NULL,
     "begin with so many participants and add as many, until an assert breaks or all are there"},
    {"feedback", "KIND", parse_feedback, AT(feedback), 0, 0, "transport-cc",
     "what participants tell of their networks: transport-cc; remb: --rate, or no bound; reports: nothing "
     "more"},
    {"srtp", "PROFILE", parse_profile, AT(srtp), 0, 0, NULL,
     "the one to offer, of AEAD_AES_128_GCM, AEAD_AES_256_GCM, AES128_CM_SHA1_80; all where not told"},
    {"loss", "SHARE", parse_share, AT(loss), 0, 1, "0",
     "of each participant's packets, each way, such as 2%"},
    {"delay", "TIME", parse_time, AT(delay), 0, 10, "0", "of its packets, each way, such as 50ms"},
    {"jitter", "TIME", parse_time, AT(jitter), 0, 10, "0", "at most, on top of --delay; order is kept"},
    {"rate", "RATE", parse_rate, AT(rate), 10000, 4e9, NULL,
     "bits a second of its network, each way, such as 2M"},
    {"impaired", "N", parse_some, AT(impaired), 0, MANY, "all",
     "participants of each room that this is for, the last to come: those who watch"},
    {"threads", "N", parse_count, AT(threads), 1, 64, NULL, "of media; one for each core where not told"},
    {"check", "N", parse_count, AT(check), 1, 65536, "16",
     "verify one in N packets in full, of the others read the stamp"},
    {"gro", "auto|on|off", parse_batch, AT(gro), 0, 0, "auto", "receive in batches made by the kernel"},
    {"gso", "auto|on|off", parse_batch, AT(gso), 0, 0, "auto",
     "send so. auto: not over loopback, which charges the sender for it"},
    {"spin", NULL, parse_flag, AT(spin), 0, 0, "off",
     "ask for packets without a pause: nobody has to wake it"},
    {"pid", "PID", parse_count, AT(pid), 1, 4194304, NULL,
     "of the server on this machine: tells its CPU and memory"},
    {"json", "FILE", parse_text, AT(json), 0, 0, NULL, "write the figures there as well"},
};

_Static_assert(G_N_ELEMENTS(rows) <= 64, "options.given has a bit for each");

static const struct row *find_row(const char *name, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return &rows[i];
    }
    return NULL;
}

static bool take(const struct row *row, struct options *o, const char *text)
{
    return row->parse(row, text, (char *)o + row->at);
}

static int fail(char *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(char *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_vsnprintf(err, OPTIONS_ERROR_MAX, format, args);
    va_end(args);
    return -EINVAL;
}

/* --assert takes all arguments up to the next option. Returns how many; 0 = there is none, or no room. */
static int take_asserts(struct options *o, int argc, char **argv)
{
    int n = 0;
    while (n < argc && strncmp(argv[n], "--", 2) != 0) {
        if (o->assert_count == OPTIONS_ASSERTS_MAX)
            return 0;
        o->asserts[o->assert_count++] = argv[n++];
    }
    return n;
}

/* The option at argv[0], with its value behind = or in the next argument. Returns how many arguments it took.
 */
static int take_option(struct options *o, int argc, char **argv, char *err)
{
    const char *name = argv[0] + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] ? name + len + 1 : NULL;
    if (strncmp(argv[0], "--", 2) != 0)
        return fail(err, "%s is no option; --help lists them", argv[0]);
    if (strcmp(name, "assert") == 0) {
        int n = take_asserts(o, argc - 1, argv + 1);
        return n ? n + 1
                 : fail(err, "--assert takes 1 to %d conditions, such as 'loss<0.1%%'", OPTIONS_ASSERTS_MAX);
    }
    const struct row *row = find_row(name, len);
    if (!row)
        return fail(err, "there is no option --%.*s; --help lists them", (int)len, name);
    int used = !value && row->value ? 2 : 1;
    if (used > argc)
        return fail(err, "--%s takes a value: %s", row->name, row->value);
    if (used == 2)
        value = argv[1];
    if (!take(row, o, value ? value : "on"))
        return fail(err, "--%s %s: it has to be %s%s%s", row->name, value ? value : "",
                    row->value ? row->value : "on or off", row->preset ? ", such as " : "",
                    row->preset ? row->preset : "");
    o->given |= UINT64_C(1) << (row - rows);
    return used;
}

bool options_given(const struct options *o, const char *name)
{
    const struct row *row = find_row(name, strlen(name));
    return row && o->given >> (row - rows) & 1;
}

int options_parse(struct options *o, int argc, char **argv, char *err)
{
    *o = (struct options){0};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].preset && !take(&rows[i], o, rows[i].preset))
            return fail(err, "the default of --%s is wrong", rows[i].name);
    }
    for (int i = 1; i < argc;) {
        if (strcmp(argv[i], "--help") == 0)
            return 1;
        int used = take_option(o, argc - i, argv + i, err);
        if (used < 0)
            return used;
        i += used;
    }
    if (o->ramp && !o->assert_count)
        return fail(err, "--ramp goes up until a limit breaks: name it, such as --assert 'loss<0.1%%'");
    return 0;
}

char *options_help(void)
{
    GString *out =
        g_string_new("plenum-bench: synthetic participants for a conference server, and what became of their "
                     "packets\n\n");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *left = g_strdup_printf("--%s %s", rows[i].name, rows[i].value ? rows[i].value : "");
        g_string_append_printf(out, "  %-22s %s", left, rows[i].help);
        if (rows[i].preset && rows[i].value)
            g_string_append_printf(out, " (%s)", rows[i].preset);
        g_string_append_c(out, '\n');
    }
    g_string_append(
        out,
        "  --assert CONDITION...  such as 'loss<0.1%' 'p99<20ms'; where one does not hold the exit code is "
        "1\n\nExit code 2: it could not run, or nobody was left at its end. TIME: s, ms, us or min behind "
        "it; RATE: k or M.\n");
    return g_string_free(out, FALSE);
}
