/*
 * link: one-time links. Opening one shows a page with a button and changes nothing, since mail scanners open links too;
 * the button uses it up. The address comes from the configuration, never from a request.
 */
#ifndef LOGIN_LINK_H
#define LOGIN_LINK_H

#include "core/ctx.h"
#include "login/ticket.h"

#define LINK_SECONDS 86400

/* What a link is for. */
#define LINK_SETUP S("setup") /* making the first owner */
#define LINK_LOGIN S("login") /* signing a person in */

/* In a transaction. A new link to /setup; those printed before are void. db: a write handle. */
CHECKED enum err setup_link_make(
    struct db *db, struct arena *mem, int64_t tenant, int64_t now, str base_url, str *url);
/* In a transaction. A link to /link that signs user in once, within ttl seconds. */
CHECKED enum err login_link_make(struct db *db, struct arena *mem, int64_t tenant, int64_t now, str base_url,
    int64_t user, int64_t ttl, str *url);

/* A link that is good now. */
struct link {
	struct ticket ticket;
	int64_t user;
};

/* READ or WRITE. The link of this token, for this purpose, unused and not expired: or FAIL(LINK_GONE). */
CHECKED enum err link_look(struct ctx *c, str token, str purpose, struct link *out);
/* WRITE. Uses it up: the second of two gets LINK_GONE. */
CHECKED enum err link_take(struct ctx *c, const struct link *link, str purpose);

#endif
