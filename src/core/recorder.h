/*
 * recorder: the refusals behind `gatehouse why`, and what was awaited and never came. The core only speaks to it; app plugs
 * the one that keeps them (net/recorder.h), and without one everything here does nothing.
 */
#ifndef CORE_RECORDER_H
#define CORE_RECORDER_H

#include "core/ctx.h"

#define RECORD_ID 11 /* bytes of an id: 'w' and ten of base32 */

/* One refusal, or one thing that never came. */
struct record {
	str id;
	int64_t at;    /* epoch seconds */
	enum err code; /* OK for what never came: see missing */
	str name;      /* the row's name, "CODE_EXPIRED"; or "NEVER_REDEEMED" ... for what never came */
	str detail;    /* what arrived */
	str method, path, client, peer;
	str place;    /* file:line */
	bool missing; /* awaited, and never came */
};

enum awaited {
	AWAIT_CODE,      /* a code is redeemed within 90 s */
	AWAIT_TOKEN,     /* a token is used within 30 s */
	AWAIT_AUTHORIZE, /* a registration is followed by an authorization within ten minutes */
	AWAIT_COUNT
};

struct recorder_port {
	str (*add)(struct ctx *c);
	void (*expect)(enum awaited kind, int64_t id, str client, int64_t now);
	void (*met)(enum awaited kind, int64_t id);
	bool (*find)(struct arena *mem, str id, struct record *out);
	size_t (*list)(struct arena *mem, size_t max, const struct record **out);
};

/* Plugs the port in; before threads. */
void recorder_use(const struct recorder_port *port);

/* Keeps c->fail under a new id, which it also puts into c->fail.id. The empty slice when nothing is plugged in. */
str recorder_add(struct ctx *c);
/* Something must come within its time; id: the code's, the grant's, or recorder_key of a client id. */
void recorder_expect(enum awaited kind, int64_t id, str client, int64_t now);
/* It came. Cheap when nothing was awaited. */
void recorder_met(enum awaited kind, int64_t id);
/* A number for a text, to await something by; not for security. */
int64_t recorder_key(str text);
/* The record with this id; false when it is not known (any more). */
bool recorder_find(struct arena *mem, str id, struct record *out);
/* The newest records first, at most max; how many. */
size_t recorder_list(struct arena *mem, size_t max, const struct record **out);

#endif
