/* What the media plane tells, taken to those whom it concerns. */
#pragma once

#include "sfu.h"

extern const struct sfu_upcalls upcalls; /* their argument is the struct server */
