/* client: the one place that finds a client: declared in the file, sealed in its own id, or known by row. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "core/ctx.h"
#include "sql_gen.h"

/* The client of the file with this id; NULL: none. */
const struct client *client_declared(const struct ctx *c, str client_id);
/*
 * What is known without the store: declared and sealed clients and documents at hand on any lane, and on LOOP those that
 * client_find has just found. ERR_NOT_FOUND: ask client_find.
 */
CHECKED enum err client_open(struct ctx *c, str client_id, struct client *out);
/*
 * Any client, with its row and whether it is blocked. READ or WRITE. ERR_NOT_FOUND, ERR_STORE... Of a document that is not
 * at hand, what its row remembers: where a person or a new code is concerned, ask client_get (client/client_document.h).
 */
CHECKED enum err client_find(struct ctx *c, str client_id, struct client *out);
/* Gives the client a row if it has none, so that grants can name it; a row that it has is told of the use. WRITE. */
CHECKED enum err client_ensure_row(struct ctx *c, struct client *client);
/*
 * Writes the row of a client that was registered and is too large to be sealed. WRITE. RATE_LIMITED: too many such
 * registrations wait for their first use, and none of them has waited long.
 */
CHECKED enum err client_put(struct ctx *c, struct client *client);
/* The same, under a row id that was made before. */
CHECKED enum err client_put_as(struct ctx *c, int64_t id, struct client *client);
/* What a row says, as slices of it and texts in mem. */
void client_of_row(struct arena *mem, const struct client_get_out *row, struct client *out);
/* What a client registers anew (RFC 7592) takes the place of what its row said. *changed is 0 when it is blocked. WRITE. */
CHECKED enum err client_replace(
    struct ctx *c, const struct client *was, const struct client *now, int64_t *changed);
/* The refusal of a client whose row has this status, which is not active. CLIENT_UNKNOWN: it was deleted. CLIENT_BLOCKED. */
CHECKED enum err client_not_active(struct ctx *c, const struct client *client, str status);
/*
 * True when the file declared this client and does so no more; origin is what its row says, empty: it has none. What was given
 * to it then is good no more, until it is declared again.
 */
bool client_withdrawn(const struct ctx *c, str origin, str client_id);
/* True when both say the same of themselves. */
bool client_same(struct ctx *c, const struct client *a, const struct client *b);
/* A document's client, which has a row: the row learns what its document says now. WRITE. */
CHECKED enum err client_renew(struct ctx *c, const struct client *client);

/*
 * The resource that the client asks for, *resource NULL when it named none: one that registered at a resource (POST
 * RESOURCE/client_register) means that one, and may have no other. RESOURCE_OTHER, RESOURCE_UNKNOWN.
 */
CHECKED enum err client_target(struct ctx *c, const struct client *client, const struct resource **resource);
/* True when the client registered this grant type. */
bool client_may(const struct client *client, str grant_type);
/* True when it proves itself with a secret: client_secret_basic, client_secret_post. */
bool client_has_secret(const struct client *client);
/* True when the secret is the client's; false for a client without one. Constant time. */
bool client_secret_fits(struct ctx *c, const struct client *client, struct secret secret);
/* The file says that this is an application of the house: no consent page. */
bool client_trusted(const struct ctx *c, const struct client *client);
/* The one client that registration.mode shared gives to everybody: its name stands for nobody. */
bool client_shared(const struct ctx *c, const struct client *client);
/* The operator or an operation vouches for the name; anybody can register any name. */
bool client_verified(const struct client *client);
/* The name to show, never empty: of a nameless client, the host that it returns to. */
str client_name(struct arena *mem, const struct client *client);
/* True when it is the server behind the resource with this identifier. */
bool client_guards(const struct client *client, str audience);
/* True when a token of that client, good at that audience, is the business of who: it was given to it, or it is the server. */
bool client_may_know(const struct client *who, str client_id, str audience);
/* What the audit calls the client: its id, or the name when the id is a sealed one. */
str client_label(const struct client *client);

#endif
