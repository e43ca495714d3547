/*
 * listen: sleeps until another node may have revoked something. Only a bell: what was revoked says the table,
 * which the caller reads after every wait, woken or not (feed.h).
 */
#ifndef STORE_LISTEN_H
#define STORE_LISTEN_H

#include "base/err.h"

struct listener;

/*
 * url as for db_open. Connects later and by itself, again and again when it must; so this succeeds without a
 * server.
 */
struct listener *listen_open(str url);
/*
 * At most ms milliseconds. True when the bell rang, or may have rung unheard (a new connection). Never blocks
 * longer.
 */
bool listen_wait(struct listener *l, int ms);
void listen_close(struct listener *l);

#endif
