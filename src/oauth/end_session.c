#include "oauth/end_session.h"
#include "base/enc.h"
#include "client/client.h"
#include "client/client_allow.h"
#include "model/redirect.h"
#include "oauth/params.h"

static const str names[] = {
#define PARAM(name, kind, max) S_INIT(#name),
#include "params/logout.def"
#undef PARAM
};

bool end_session_asked(const struct form *f)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (form_get(f, names[i]).p)
			return true;
	return false;
}

static enum err find_client(struct ctx *c, const struct logout_params *p, struct end_session *out)
{
	str id = out->hinted ? out->hint.client_id : p->client_id;

	/* section 2: both together must name one client */
	if (out->hinted && p->client_id.n && !str_eq(p->client_id, id))
		return FAIL(c, LOGOUT_CLIENT, "client_id %.*s", FMT(str_sub(p->client_id, 0, 100)));
	if (id.n == 0)
		return OK;
	enum err e = client_find(c, id, &out->client);
	if (e == ERR_NOT_FOUND || (e == OK && (out->client.blocked || !client_allowed(c, &out->client))))
		out->client = (struct client){ .row = 0 };
	return e == ERR_NOT_FOUND ? OK : e;
}

enum err end_session_read(struct ctx *c, const struct form *f, struct end_session *out)
{
	struct logout_params p = { .state = { NULL, 0 } };
	str uri;

	*out = (struct end_session){ .hinted = false };
	TRY(logout_params_fill(c, f, &p));
	out->hinted = p.id_token_hint.n && id_token_read(c, p.id_token_hint, &out->hint);
	TRY(find_client(c, &p, out));
	uri = p.post_logout_redirect_uri;
	if (uri.n == 0 || out->client.client_id.n == 0)
		return OK;
	if (!str_list_has(out->client.logout_uris, ' ', uri) || redirect_kind(uri) == REDIRECT_BAD)
		return FAIL(c, LOGOUT_REDIRECT, "got %.*s, registered: %.*s", FMT(str_sub(uri, 0, 150)),
		    FMT(str_sub(out->client.logout_uris, 0, 200)));
	out->redirect = uri;
	out->state = p.state;
	return OK;
}

bool end_session_meant(const struct ctx *c, const struct end_session *e)
{
	return e->hinted && c->actor.session && e->hint.user == c->actor.user &&
	    e->hint.session == c->actor.sid;
}

static void add(struct buf *b, str name, str value)
{
	buf_char(b, str_has(buf_str(b), '?') ? '&' : '?');
	buf_put(b, name);
	buf_char(b, '=');
	percent_write(b, value);
}

str end_session_url(struct ctx *c, const struct end_session *e)
{
	struct buf b = BUF(c->mem);

	buf_put(&b, e->redirect);
	if (e->state.p)
		add(&b, S("state"), e->state);
	return buf_str(&b);
}

str end_session_again(struct ctx *c, const struct form *f)
{
	struct buf b = BUF(c->mem);

	buf_put(&b, c->site->tenant.issuer);
	buf_put(&b, S("/logout"));
	for (size_t i = 0; i < COUNT(names); i++) {
		str value = form_get(f, names[i]);
		if (value.n)
			add(&b, names[i], value);
	}
	return buf_str(&b);
}
