/* plenum: reads the configuration, starts the media plane and the control
 * plane, and runs until a signal says otherwise. */
#include "conf.h"
#include "log.h"
#include "sfu.h"
#include "signaling.h"

#include <glib-unix.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
    ERROR_MAX = 300,
    SPARE_FILES = 1024, /* descriptors above http.connections: media sockets, files of the page */
    FEWEST_SPARE = 128, /* of these, those that are opened after the media plane's */
    FEWEST_CONNECTIONS = 16,
};

struct options {
    char *config;
    char **sets;
    gboolean check, print, version;
};

struct app {
    GMainLoop *loop;
    struct signaling *signaling;
};

static int complain(const char *text)
{
    fprintf(stderr, "plenum: %s\n", text);
    return EXIT_FAILURE;
}

static bool parse(struct options *options, int argc, char **argv)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config, "The ini file to read", "FILE"},
        {"set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &options->sets, "Set one key, over the file's value",
         "section.key=value"},
        {"check-config", 0, 0, G_OPTION_ARG_NONE, &options->check,
         "Check the configuration and the files it names, and exit", NULL},
        {"print-config", 0, 0, G_OPTION_ARG_NONE, &options->print, "Print the whole configuration and exit",
         NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL},
        {0},
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new("- a video conference server");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        complain(error->message);
        return false;
    }
    if (argc > 1) {
        g_autofree char *text = g_strdup_printf("unknown argument %s; see --help", argv[1]);
        complain(text);
    }
    return argc == 1;
}

static void stopped(void *arg)
{
    struct app *app = arg;
    g_main_loop_quit(app->loop);
}

static gboolean on_signal(void *arg)
{
    struct app *app = arg;
    signaling_shutdown(app->signaling, stopped, app);
    return G_SOURCE_CONTINUE;
}

/* As high as that many connections take, or as it may go. */
static void raise_file_limit(const struct conf *conf)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)conf->http.connections + SPARE_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Takes no more connections than there are descriptors left once the media plane has its own: a connection
 * that cannot be accepted would wake the loop for ever. */
static int fit_connections(struct conf *conf, char *err, size_t err_len)
{
    struct rlimit limit;
    int in_use = dup(STDERR_FILENO); /* the lowest that is free */
    if (in_use < 0 || close(in_use) < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
        limit.rlim_cur = 0;
    rlim_t reserved = (rlim_t)(in_use < 0 ? 0 : in_use) + FEWEST_SPARE;
    if (limit.rlim_cur < reserved + FEWEST_CONNECTIONS) {
        snprintf(err, err_len, "too few files may be open at a time: %llu are needed at least; see ulimit -n",
                 (unsigned long long)reserved + FEWEST_CONNECTIONS);
        return -EMFILE;
    }
    conf->http.connections = (uint32_t)MIN(limit.rlim_cur - reserved, conf->http.connections);
    return 0;
}

static void print_urls(const struct signaling *signaling)
{
    g_autofree char *urls = signaling_urls(signaling);
    printf("Plenum " PLENUM_VERSION " is ready. Open one of these in a browser:\n%s", urls);
    fflush(stdout);
}

/* What has been counted, for whoever looks for what is lost and where. */
static void log_counters(const struct sfu *sfu)
{
    size_t len = sfu_counters(sfu, NULL, 0) + 1;
    g_autofree char *text = g_malloc(len);
    sfu_counters(sfu, text, len);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        if (**line && !g_str_has_suffix(*line, " 0"))
            log_debug(NULL, 0, "%s", *line);
    }
}

static int serve(struct app *app, struct conf *conf, struct sfu *sfu)
{
    char err[ERROR_MAX];
    uint32_t wanted = conf->http.connections;
    if (fit_connections(conf, err, sizeof(err)) < 0 ||
        signaling_start(app->signaling, sfu, app->loop, err, sizeof(err)) < 0)
        return complain(err);
    if (conf->http.connections < wanted)
        log_warning(NULL, 0,
                    "http.connections = %u, but so few files may be open that it is %u; see ulimit -n",
                    wanted, conf->http.connections);
    const unsigned sources[] = {g_unix_signal_add(SIGINT, on_signal, app),
                                g_unix_signal_add(SIGTERM, on_signal, app)};
    print_urls(app->signaling);
    g_main_loop_run(app->loop);
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
        g_source_remove(sources[i]);
    log_counters(sfu);
    return EXIT_SUCCESS;
}

static int run(struct conf *conf)
{
    char err[ERROR_MAX];
    struct sfu *sfu = NULL;
    log_init(conf->log.level);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    raise_file_limit(conf);
    struct app app = {.loop = g_main_loop_new(NULL, FALSE), .signaling = signaling_new(conf)};
    int status = sfu_start(conf, signaling_upcalls(), app.signaling, &sfu, err, sizeof(err)) < 0
                     ? complain(err)
                     : serve(&app, conf, sfu);
    sfu_stop(sfu);
    signaling_free(app.signaling);
    g_main_loop_unref(app.loop);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct conf conf;
    char err[ERROR_MAX];
    int status = EXIT_SUCCESS;
    if (!parse(&options, argc, argv))
        status = EXIT_FAILURE;
    else if (options.version)
        puts("plenum " PLENUM_VERSION);
    else if (conf_load(&conf, options.config, options.sets, options.sets ? g_strv_length(options.sets) : 0,
                       err, sizeof(err)) < 0)
        status = complain(err);
    else {
        if (options.print)
            conf_print(&conf, stdout);
        else if (signaling_check(&conf, err, sizeof(err)) < 0)
            status = complain(err);
        else if (!options.check)
            status = run(&conf);
        conf_finish(&conf);
    }
    g_free(options.config);
    g_strfreev(options.sets);
    return status;
}
