/* The participants of a run as the main thread sees them: who is to come, on their way, in, or gone; each
 * with its driver's half (signalling) and its crew's half (media). */
#pragma once

#include "crew.h"
#include "driver.h"

enum {
    MEMBERS_WORDS_MAX = 256,
    MEMBERS_PATIENCE_US = 30000000 /* until one that is not in yet has failed */
};

struct members;

struct members_counts {
    uint32_t begun;   /* all so far, churn included */
    uint32_t joining; /* on their way */
    uint32_t there;   /* with a connection */
    uint32_t failed;  /* did not get in */
    uint32_t ended;   /* were in, and were thrown out */
};

/* crew is given later, as its upcalls want the members: members_set_crew(). */
struct members *members_new(const struct options *options, struct driver_server *server);
/* NULL is fine. */
void members_free(struct members *m);
void members_set_crew(struct members *m, struct crew *crew);

/* One more begins to join, in the room that has fewest; the first of each room publish. */
void members_add(struct members *m, uint64_t now_us);

/* Someone leaves, and someone else begins to join in the same place. */
void members_replace(struct members *m, uint64_t now_us);

/* Someone changes what is on its screen. */
void members_look_elsewhere(struct members *m);

/* Those who take too long have failed. */
void members_check(struct members *m, uint64_t now_us);

void members_leave_all(struct members *m);

/* How many places there are. */
uint32_t members_size(const struct members *m);

struct members_counts members_counts(const struct members *m);

/* Why the first who failed or was thrown out did; "" = nobody. */
const char *members_first_error(const struct members *m);

/* The steps that are not the crew's to know: signalling, and whole joins. */
const struct tally *members_tally(const struct members *m);

/* For the crew's upcalls. */
void members_reached(struct members *m, uint64_t guest, enum tally_step step, uint64_t now_us);
void members_broken(struct members *m, uint64_t guest, int err);
