/*
 * ctx: one request while it is being worked on. It lives in the request's arena; exactly one thread holds it at a time.
 *
 * A handler is a chain of steps. Each step is straight-line C that runs on one lane; `return NEED(c, LANE_WRITE, redeem)`
 * parks the request, and `redeem` runs on that lane. A step that returns OK has filled c->reply. What steps pass on
 * lives in c->state. Steps on WRITE run inside a transaction and may run twice: they start from c->state and write last.
 */
#ifndef CORE_CTX_H
#define CORE_CTX_H

#include "base/err.h"
#include "core/site.h"
#include "http/form.h"
#include "http/msg.h"

struct db;
struct fetch_port; /* core/fetch.h */
struct proving;    /* client/client_auth.h */
struct checking;   /* client/assertion_check.h */
struct documented; /* client/client_document.h */

enum lane {
	LANE_LOOP,  /* nothing that blocks; signing is allowed (18 us) */
	LANE_READ,  /* c->db is a read-only handle */
	LANE_WRITE, /* c->db is in a transaction that commits before the next step runs or the reply leaves */
	LANE_VERIFY, /* foreign signatures */
	LANE_HASH,   /* passwords */
	LANE_FETCH,  /* outside documents */
	LANE_COUNT
};

/* How refusals are written. A route's row says which. */
enum style { STYLE_JSON, STYLE_PAGE, STYLE_BEARER, STYLE_RPC, STYLE_PLAIN };

/* Why a request was refused: for the log, the audit and `gatehouse why`. */
struct fail {
	enum err code;
	str detail; /* what arrived: never a secret */
	const char *file;
	int line;
	str id; /* given by the recorder: "why ID" */
	/* set after FAIL(), where the row's words are not all there is to say: */
	str say;        /* public words instead of the row's; same alphabet as err.def's */
	str need_scope; /* SCOPE_SHORT: all scopes that the challenge asks for */
	str data; /* what programs should know besides, as JSON text: details of an operation, data of JSON-RPC */
};

/* What the guard proved. */
struct actor {
	int64_t session; /* row, 0 when there is none */
	int64_t
	    sid; /* the sign-in as applications know it: the first such row of this person in this browser */
	bool
	    stale; /* the session was last written long ago: a step on WRITE that loads it again slides its expiry */
	int64_t user;
	str email, name, role;
	int64_t auth_time;
	str methods;
	/* bearer */
	int64_t grant;
	str scope, client_id;
	const struct resource *resource;
	bool machine; /* a client that acts for itself: sub is its client_id (RFC 9068 section 2.2) */
	bool os;      /* the control socket: the machine's owner */
};

enum effect_kind {
	EFFECT_REVOKE_GRANT,
	EFFECT_REVOKE_USER,
	EFFECT_REVOKE_CLIENT,  /* id: client_key() (core/standing.h) */
	EFFECT_CLIENT_CHANGED, /* the same; its row says something else, its tokens stay good */
	EFFECT_CLIENT_BACK,    /* the same; it is not blocked any more */
	EFFECT_RELOAD,
	EFFECT_TOKEN_ISSUED,
	EFFECT_CODE_ISSUED,
	EFFECT_CODE_SPENT
};

/* Something that memory must learn once the transaction is committed. */
struct effect {
	enum effect_kind kind;
	int64_t id;
	int64_t until;
	const struct effect *next;
};

struct ctx {
	struct arena *mem;
	int64_t now; /* epoch seconds, read once */
	int64_t now_ms;
	const struct site *site;
	const struct http_req *req;
	struct http_reply *reply;
	enum style style;
	struct db *db;                  /* on READ and WRITE only */
	const struct fetch_port *fetch; /* on FETCH only */
	struct fail fail;
	struct actor actor;
	enum lane lane; /* where we are */
	enum lane need; /* where the next step runs */
	enum err (*next)(struct ctx *c);
	void *state;                   /* the handler's own */
	struct proving *proving;       /* client_prove's own, while a client proves itself */
	struct checking *checking;     /* assertion_check's own, while an assertion is looked at */
	struct documented *documented; /* the client of a document that this request has fetched */
	str rpc_id;              /* STYLE_RPC: the request's id as JSON text, for every error; empty: null */
	struct form query, form; /* parsed once by app: the query string, and the body of a form post */
	struct secret
	    browser; /* value of the browser cookie: authorizations and forms are bound to it; len 0 when none */
	int page;    /* enum page of ui_gen.h, 0 none: app renders view with web's template */
	const void *view;
	const struct effect
	    *effects; /* pushed on WRITE, run after the commit, dropped when the job is run again */
};

/* Goes on with step_ on lane_. Use as `return NEED(c, LANE_READ, find_user);` */
#define NEED(c, lane_, step_) ((c)->need = (lane_), (c)->next = (step_), ERR_NEED)

/* Records what went wrong and gives the error: return FAIL(c, PKCE_MISMATCH, "verifier of %zu bytes", n); */
#define FAIL(c, name, ...) fail_set((c), ERR_##name, __FILE__, __LINE__, __VA_ARGS__)
enum err fail_set(struct ctx *c, enum err e, const char *file, int line, const char *fmt, ...) PRINTF(5, 6);

void effect_add(struct ctx *c, enum effect_kind kind, int64_t id, int64_t until);

/* One audit row inside the current transaction (c->db on WRITE); detail is a JSON object's text or empty. */
struct audit {
	str event; /* tables/events.def: "auth.token.refresh" ... */
	int64_t user, grant;
	str client;
	str detail;
};

/* Replies that every room makes the same way. */
enum err reply_json(struct ctx *c, int status, str json); /* application/json, no-store */
enum err reply_html(
    struct ctx *c, int status, str html); /* page headers: CSP, no-store, nosniff, referrer, frame, COOP */
enum err reply_redirect(struct ctx *c, int status, str url); /* 302 or 303, no-store */
/* A page of ui/: view is the page's struct view_NAME of ui_gen.h; app renders it after the step. Sends reply_html's headers. */
enum err reply_page(struct ctx *c, int status, int page, const void *view);

/* The token that every form of this browser and session carries in its hidden field `csrf`: HMAC(key_form, browser | session). */
str form_token(struct ctx *c);
/* True when the form that was posted carries it. */
bool form_token_fits(struct ctx *c);

#endif
