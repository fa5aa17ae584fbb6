/* The media plane of plenum-signaling-only, the server that tests/ws/ talks to. */
#include "fake_sfu.h"
