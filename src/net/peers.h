/* peers: how many connections each address has, over all loops. */
#ifndef NET_PEERS_H
#define NET_PEERS_H

#include "base/str.h"

struct peers;

struct peers *peers_new(void);
void peers_free(struct peers *p);
/* One more of key (addr_key), unless it has max already: then false. Any thread. */
bool peers_enter(struct peers *p, uint64_t key, int64_t max);
void peers_leave(struct peers *p, uint64_t key);

#endif
