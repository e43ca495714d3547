/*
 * rig: a server of this room only: a store in memory, one person's browser, and the dispatcher as far as steps see it. Each
 * test gets a new one.
 */
#ifndef RIG_H
#define RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/ctx.h"
#include "login/first.h"
#include "login/handlers.h"
#include "sql_gen.h"
#include "store/db.h"
#include "ui_gen.h"

#define OLIVE S("olive@example.com")
#define PASSWORD S("a long enough password")
#define NOW 1795000000 /* some day in November 2026 */

struct rig {
	struct arena *mem;
	struct db *read, *write;
	struct config config;
	struct site site;
	int64_t now;
	str peer;
	str host;    /* of the Host header; what a stranger sends changes nothing */
	str browser; /* cookie */
	str session; /* cookie; empty: none */
	/* of the last request */
	struct ctx c;
	struct http_req req;
	struct http_reply reply;
	enum err e;
	int hashes; /* how often a step ran on the HASH lane */
};

struct rig *rig_new(const char *base_url);
void rig_free(struct rig *r);
/* One request, from its first step to its reply or refusal; the guard's part included. query and form as they are sent. */
void rig_ask(struct rig *r, enum err (*step)(struct ctx *c), str query, str form);
/* A reply's header; empty when it is not there. */
str rig_header(const struct rig *r, str name);
/* Inside a transaction on the write handle. */
void rig_write(struct rig *r, enum err (*run)(struct db *db, void *arg), void *arg);
/* The owner olive@example.com; her id. */
int64_t rig_owner(struct rig *r);
/* Another person, with a password or (empty) without. */
int64_t rig_member(struct rig *r, str email, str password);
/* "token=..." of a new link: for the first owner, and for this person to sign in. */
str rig_setup_link(struct rig *r);
str rig_login_link(struct rig *r, int64_t user);
/* Types address and password into the form. */
void rig_login(struct rig *r, str email, str password);
/* A client of that name and a grant of it; the grant's id. */
int64_t rig_grant(struct rig *r, int64_t user, str client_name, str resource, str scope, str redirect_host);
/* Percent-encodes a value for a form. */
str rig_enc(struct rig *r, str value);
/* How many audit rows of an event there are. */
size_t rig_audits(struct rig *r, str event);
/* What the last request's session cookie leads to: the guard's answer. */
struct actor rig_actor(struct rig *r);

#define assert_str(a, b)                                                \
	do {                                                            \
		str a_ = (a), b_ = (b);                                 \
		if (!str_eq(a_, b_))                                    \
			fail_msg("%.*s is not %.*s", FMT(a_), FMT(b_)); \
	} while (0)

#endif
