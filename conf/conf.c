#include "conf.h"
#include "conf_key.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

/* What is being read, and where to say what is wrong with it. */
struct load {
    struct conf *conf;
    const char *where; /* the file's name, or "--set" */
    char *err;
    size_t err_len;
};

static int fail(const struct load *load, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(const struct load *load, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *line = g_strdup_printf("%s: %s", load->where, text);
    for (char *c = line; *c; c++)
        *c = g_ascii_iscntrl(*c) ? ' ' : *c;
    g_strlcpy(load->err, line, load->err_len);
    return -EINVAL;
}

static int unknown(const struct load *load, const char *section, const char *name)
{
    bool known = conf_key_section(section);
    g_autoptr(GString) list = g_string_new(NULL);
    for (size_t i = 0; i < conf_key_count; i++) {
        const struct conf_key *key = &conf_keys[i];
        bool first_of_section = !i || strcmp(conf_keys[i - 1].section, key->section) != 0;
        if (known ? !strcmp(key->section, section) : first_of_section)
            g_string_append_printf(list, " %s", known ? key->name : key->section);
    }
    if (known)
        return fail(load, "%s.%s: no such key; section %s has:%s", section, name, section, list->str);
    return fail(load, "%s: no such section; there are:%s", section, list->str);
}

static int set(const struct load *load, const char *section, const char *name, const char *value)
{
    const struct conf_key *key = conf_key_find(section, name);
    if (!key)
        return unknown(load, section, name);
    if (!conf_key_set(key, load->conf, value))
        return 0;
    g_autofree char *allowed = conf_key_allowed(key);
    if (key->secret)
        return fail(load, "%s.%s: not allowed; it may be %s", section, name, allowed);
    return fail(load, "%s.%s = %.80s: not allowed; it may be %s", section, name, value, allowed);
}

static int set_section(const struct load *load, GKeyFile *file, const char *section)
{
    g_auto(GStrv) names = g_key_file_get_keys(file, section, NULL, NULL);
    if (!conf_key_section(section))
        return unknown(load, section, "");
    for (char **name = names; name && *name; name++) {
        g_autofree char *value = g_key_file_get_value(file, section, *name, NULL);
        int result = set(load, section, *name, value ? value : "");
        if (result)
            return result;
    }
    return 0;
}

static int load_file(const struct load *load)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) error = NULL;
    if (!g_key_file_load_from_file(file, load->where, G_KEY_FILE_NONE, &error))
        return fail(load, "%s", error->message);
    g_auto(GStrv) sections = g_key_file_get_groups(file, NULL);
    for (char **section = sections; *section; section++) {
        int result = set_section(load, file, *section);
        if (result)
            return result;
    }
    return 0;
}

/* "section.key=value" */
static int load_set(const struct load *load, const char *text)
{
    g_auto(GStrv) sides = g_strsplit(text, "=", 2);
    g_auto(GStrv) names = g_strsplit(sides[0] ? sides[0] : "", ".", 2);
    if (g_strv_length(sides) != 2 || g_strv_length(names) != 2)
        return fail(load, "%.80s: not of the form section.key=value", sides[0] ? sides[0] : "");
    return set(load, g_strstrip(names[0]), g_strstrip(names[1]), g_strstrip(sides[1]));
}

uint32_t conf_workers(const struct conf *conf)
{
    return conf->rtc.workers ? conf->rtc.workers : MIN(g_get_num_processors(), CONF_WORKERS_MAX);
}

/* What one key alone cannot tell. */
static int check(const struct load *load)
{
    const struct conf *conf = load->conf;
    uint32_t workers = conf_workers(conf);
    if (conf->http.tls == CONF_TLS_FILES && (!*conf->http.certificate || !*conf->http.key))
        return fail(load, "http.tls = files: http.certificate and http.key have to name PEM files");
    if (conf->http.tls == CONF_TLS_AUTO && !*conf->http.tls_dir)
        return fail(load, "http.tls = auto: http.tls_dir has to name a folder");
    if (strstr(conf->ice.servers, "turn") && !*conf->ice.secret)
        return fail(load, "ice.servers: a TURN server takes passwords; ice.secret has to be set");
    if (conf->rtc.port + workers - 1 > UINT16_MAX)
        return fail(load, "rtc.port = %u: %u workers need that many ports, so it may be at most %u",
                    conf->rtc.port, workers, UINT16_MAX - workers + 1);
    return 0;
}

static int load_all(struct load *load, const char *file, char *const *sets, size_t set_count)
{
    int result = 0;
    load->where = "defaults";
    for (size_t i = 0; !result && i < conf_key_count; i++)
        result = set(load, conf_keys[i].section, conf_keys[i].name, conf_keys[i].by_default);
    if (!result && file) {
        load->where = file;
        result = load_file(load);
    }
    if (set_count)
        load->where = "--set";
    for (size_t i = 0; !result && i < set_count; i++)
        result = load_set(load, sets[i]);
    return result ? result : check(load);
}

int conf_load(struct conf *conf, const char *file, char *const *sets, size_t set_count, char *err,
              size_t err_len)
{
    struct load load = {.conf = conf, .err = err, .err_len = err_len};
    *conf = (struct conf){0};
    int result = load_all(&load, file, sets, set_count);
    if (result)
        conf_finish(conf);
    return result;
}

static void print_key(const struct conf *conf, const struct conf_key *key, FILE *to)
{
    g_autofree char *value = conf_key_get(key, conf);
    g_autofree char *allowed = conf_key_allowed(key);
    fprintf(to, "\n# %s\n# %s%s%s; default: %s\n", key->sentence, allowed, key->unit ? " " : "",
            key->unit ? key->unit : "", *key->by_default ? key->by_default : "empty");
    if (key->secret && *value)
        fprintf(to, "# %s is set; it is not shown here\n", key->name);
    else
        fprintf(to, "%s =%s%s\n", key->name, *value ? " " : "", value);
}

void conf_print(const struct conf *conf, FILE *to)
{
    fputs("# Plenum's configuration. Every key is here, with what it may be and its default.\n", to);
    for (size_t i = 0; i < conf_key_count; i++) {
        if (!i || strcmp(conf_keys[i].section, conf_keys[i - 1].section) != 0)
            fprintf(to, "\n[%s]\n", conf_keys[i].section);
        print_key(conf, &conf_keys[i], to);
    }
}

void conf_finish(struct conf *conf)
{
    for (size_t i = 0; i < conf_key_count; i++)
        conf_key_clear(&conf_keys[i], conf);
    *conf = (struct conf){0};
}
