/* standing: plugs what this node has heard of revocations (app/revoked.h) into core/standing.h. */
#ifndef APP_STANDING_H
#define APP_STANDING_H

/* Before threads. */
void standing_start(void);

#endif
