/*
 * backchannel: telling applications that a sign-in has ended (OpenID Connect Back-Channel Logout 1.0). Rows of logout_notice
 * say who is still to be told; they are written where the sign-in ends, and this sends one of them.
 */
#ifndef OAUTH_BACKCHANNEL_H
#define OAUTH_BACKCHANNEL_H

#include "core/ctx.h"

#define BACKCHANNEL_TRIES 8 /* over three hours; an application that is down for longer is not told */
#define BACKCHANNEL_CLAIM 8 /* seconds: longer than a post may take (5 s, and a moment for a full fetcher) */

/* One notice on its way; in c->state. */
struct backchannel {
	int64_t id; /* 0: none is due */
	int64_t user, session, tries;
	struct client client;
	str token;
	bool told, hopeless;
	str why; /* it was not told */
};

/* WRITE. Takes a notice that is due, signs its token, posts it, and strikes the row out, or leaves it for later. OK always. */
enum err backchannel_start(struct ctx *c);

/* Seconds until the next try after so many: 8, 8, 32, 128 ... */
int64_t backchannel_wait(int64_t tries);

#endif
