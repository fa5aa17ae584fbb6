/* The calls that are simulated: a table. */
#pragma once

#include "call.h"

extern const struct call_scenario calls[];
extern const size_t calls_count;

const struct call_scenario *call_find(const char *name);
