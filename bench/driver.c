#include "driver.h"

static const struct driver *const drivers[] = {&driver_plenum, &driver_whip, &driver_janus};

const struct driver *driver_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++) {
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    }
    return NULL;
}
