/* grant_end: taking access back. One place, so that no way of revoking forgets a part of it. */
#ifndef STORE_GRANT_END_H
#define STORE_GRANT_END_H

#include "core/ctx.h"

/*
 * WRITE. Ends a grant with its refresh family: the row, the line in the feed that other nodes read, what this
 * node's memory must learn after the commit, the audit row. why: a word or two for the row ("user", "code
 * replayed"). Nothing happens when the grant has ended already or is not this tenant's.
 */
CHECKED enum err grant_end(struct ctx *c, int64_t grant, str why);

/*
 * WRITE. What a person takes back (or an owner for them): the grant, and the remembered yes with it, so that the next
 * authorization of that client (row id) asks again.
 */
CHECKED enum err grant_take_back(struct ctx *c, int64_t grant, int64_t user, int64_t client, str why);

enum client_news {
	CLIENT_CHANGED, /* its row says something else */
	CLIENT_OVER,    /* blocked or deleted: its tokens are void */
	CLIENT_BACK,    /* blocked no more: what people gave it and has not expired is good again */
};

/* WRITE. Tells every node of a client whose row was changed. */
CHECKED enum err client_tell(struct ctx *c, str client_id, enum client_news news);

#endif
