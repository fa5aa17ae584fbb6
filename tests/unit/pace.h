/* The clock of whole calls in one process. It goes on as time does, but by no more than PACE_US at once, and
 * not before the threads of the media plane have done what there was to do. So nothing in a call is late for
 * want of a processor: on a busy machine, or with sanitizers, the call takes longer, and is the same. */
#pragma once

enum { PACE_US = 5000 };

/* Once the threads run. Before, and after pace_end(), the clock goes on by itself. */
void pace_begin(void);
void pace_end(void);

/* Between turns of the loop that drives the call: waits for the threads, then the clock may go on. */
void pace_turn(void);
