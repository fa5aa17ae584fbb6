#include "driver.h"

static const struct driver *const drivers[] = {&driver_plenum, &driver_whip, &driver_janus};

static const struct driver *find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++) {
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    }
    return NULL;
}

static bool has_use_for(const struct driver *driver, const char *option)
{
    for (size_t i = 0; driver->options[i]; i++) {
        if (strcmp(driver->options[i], option) == 0)
            return true;
    }
    return false;
}

/* What would be given in vain is a mistake of whoever gives it. */
static bool all_are_of_use(const struct driver *driver, const struct options *o, char *err)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++) {
        for (const char *const *option = drivers[i]->options; *option; option++) {
            if (!options_given(o, *option) || has_use_for(driver, *option))
                continue;
            g_snprintf(err, OPTIONS_ERROR_MAX, "--%s does nothing with --driver %s, but with %s", *option,
                       driver->name, drivers[i]->name);
            return false;
        }
    }
    return true;
}

struct driver_server *driver_open(const struct options *options, GMainLoop *loop, char *err)
{
    const struct driver *driver = find(options->driver);
    if (!driver) {
        g_snprintf(err, OPTIONS_ERROR_MAX, "there is no driver %s", options->driver);
        return NULL;
    }
    if (!all_are_of_use(driver, options, err))
        return NULL;
    struct web *web = web_new(options->url, driver->kind, options->insecure, loop, err);
    if (!web)
        return NULL;
    struct driver_server *s = g_new0(struct driver_server, 1);
    *s = (struct driver_server){driver, options, web, driver->own_new ? driver->own_new() : NULL};
    return s;
}

void driver_close(struct driver_server *s)
{
    if (!s)
        return;
    web_free(s->web);
    if (s->driver->own_free)
        s->driver->own_free(s->own);
    g_free(s);
}
