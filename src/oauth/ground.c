#include "oauth/ground.h"
#include "client/client.h"
#include "crypto/crypto.h"

#define WITHDRAWN "the configuration does not declare the client any more"

/* The client that acts. What the file declares needs no row. */
static enum err look_actor(struct ctx *c, str client_id, str hash, const char **why)
{
	struct client_state_out state = { .origin = S("") };
	enum err e =
	    q_client_state(c->db, c->mem, &(struct client_state_in){ c->site->tenant.id, hash }, &state);

	if (e != ERR_NOT_FOUND) {
		TRY(e);
		if (!str_eq(state.status, S("active")))
			*why = "the client is blocked or deleted";
	}
	if (!*why && client_withdrawn(c, state.origin, client_id))
		*why = WITHDRAWN;
	return OK;
}

enum err ground_look(struct ctx *c, int64_t grant, str client_id, struct grant_state_out *g, const char **why)
{
	enum err e = q_grant_state(c->db, c->mem, &(struct grant_state_in){ grant, c->site->tenant.id }, g);
	str hash = sha256_str(c->mem, client_id);

	*why = NULL;
	if (e == ERR_NOT_FOUND) {
		*why = "its grant is gone";
		return OK;
	}
	TRY(e);
	bool same = secret_eq(secret_of(hash), secret_of(g->client_hash));
	if (g->ended)
		*why = "its grant has ended";
	else if (!str_eq(g->user_status, S("active")))
		*why = "the person is blocked or gone";
	else if (!str_eq(g->client_status, S("active")))
		*why = same ? "the client is blocked or deleted"
			    : "the client that it was exchanged for is blocked or deleted";
	else if (client_withdrawn(c, g->client_origin, g->client_id))
		*why = WITHDRAWN;
	return same || *why ? OK : look_actor(c, client_id, hash, why);
}

enum err ground_signed_in(struct ctx *c, int64_t sid, int64_t user, bool *is)
{
	struct session_of_sign_in_in in = { sid, c->site->tenant.id, user, c->now };
	struct session_of_sign_in_out row;
	enum err e = sid ? q_session_of_sign_in(c->db, c->mem, &in, &row) : OK;

	*is = e == OK;
	return e == ERR_NOT_FOUND ? OK : e;
}
