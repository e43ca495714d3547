/* streams: how many event streams each person has open through the gateway, over all loops (attacks.md, OPS-11). */
#ifndef APP_STREAMS_H
#define APP_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

/* Counts one more, unless who has max already. who: any number for a person, or for a client that is nobody's. Any thread. */
bool streams_enter(int64_t who, int64_t max);
/* One less; for each streams_enter that was true. */
void streams_leave(int64_t who);
/* All that are open. */
int64_t streams_count(void);

#endif
