/*
 * ask: one authorization request as far as it has been checked. It is what /authorize builds up rule by rule,
 * what waits in a txn row while the person signs in and decides, and what a code is made from.
 */
#ifndef OAUTH_ASK_H
#define OAUTH_ASK_H

#include "core/ctx.h"
#include "model/redirect.h"

#define HINT_UNKNOWN (-1) /* it is no id token of ours */
#define HINT_OTHER (-2)   /* it is one of another client */
#define TXN_SECONDS 600   /* for signing in and deciding */

struct ask {
	struct client client;
	str redirect_uri; /* set by the redirect's check alone: without it errors have nowhere to go */
	enum redirect_kind redirect_kind;
	str state; /* p NULL: none was sent */
	const struct resource *resource;
	str scope;     /* what will be given */
	str challenge; /* PKCE, S256 */
	str nonce;
	int64_t hint;   /* the person of id_token_hint; 0: none was sent; HINT_... */
	str login_hint; /* what the sign-in form starts with; empty: nothing */
	str jkt;        /* RFC 9449 section 10, dpop_jkt: the key that the code is bound to; empty: none */
	bool login, select, consent, none; /* prompt (OpenID Connect Core section 3.1.2.1) */
	int64_t max_age;                   /* seconds, -1: any */
	int64_t begun;                     /* when it was asked */
	int64_t txn;                       /* row while it waits, 0: none */
};

/* The host or the scheme that the answer goes to, as consent is remembered and shown. */
str ask_host(struct arena *mem, const struct ask *a);
/* True when the person has to prove who they are (again) before this can go on. */
bool ask_wants_login(const struct ctx *c, const struct ask *a);
/*
 * True when the consent page is shown whatever was agreed to before: the client wants a new yes, or wants the person to choose
 * the account (prompt=select_account): a browser is signed in to one, and the page names it and leads to another.
 */
bool ask_wants_click(const struct ctx *c, const struct ask *a);
/*
 * True when a yes may be remembered: the answer goes to a place that is one application's alone. Any program of the
 * device can listen on loopback or claim a scheme, and what a page like vscode.dev's hands the code on to is no better.
 */
bool ask_remembers(const struct ask *a);
/*
 * True when the signed-in person need not be asked: a trusted client, or a remembered yes to no less than
 * this. READ or WRITE.
 */
CHECKED enum err ask_covered(struct ctx *c, const struct ask *a, bool *covered);

/* The request as the text that rows keep; p NULL: no room. */
str ask_write(struct arena *mem, const struct ask *a);
/* Reads it again, with its client and resource looked up anew. READ or WRITE. CLIENT_UNKNOWN_PAGE, REDIRECT_UNKNOWN,
 * RESOURCE_UNKNOWN. */
CHECKED enum err ask_open(
    struct ctx *c, str text, str client_id, enum err (*again)(struct ctx *c), struct ask *a);

/* Keeps the request in a new row bound to this browser; sets a->txn. WRITE. */
CHECKED enum err ask_put(struct ctx *c, struct ask *a);
/*
 * The request of a row, for the browser that began it only, with its client and resource looked up anew. ERR_NEED: the
 * client's document is fetched first, then `again` runs on READ. TXN_GONE, TXN_BROWSER, CLIENT_UNKNOWN_PAGE, DOCUMENT_...,
 * REDIRECT_UNKNOWN, RESOURCE_UNKNOWN. READ.
 */
CHECKED enum err ask_get(struct ctx *c, str txn, enum err (*again)(struct ctx *c), struct ask *a);
/* Takes the row: once, by its browser, in time. TXN_GONE. WRITE. */
CHECKED enum err ask_take(struct ctx *c, const struct ask *a);

/* The page where the person goes on: sign-in, or consent. */
str ask_page(struct ctx *c, const struct ask *a, bool login);

#endif
