#include "oauth/params.h"
#include "http/accept.h"

#define PARAM(name_, kind_, max_) { S_INIT(#name_), PARAM_##kind_, (max_), offsetof(struct PARAMS, name_) },

#define PARAMS authorize_who
static const struct param_row who_rows[] = {
#include "params/authorize_who.def"
};
#undef PARAMS
#define PARAMS authorize_params
static const struct param_row authorize_rows[] = {
#include "params/authorize.def"
};
#undef PARAMS
#define PARAMS token_params
static const struct param_row token_rows[] = {
#include "params/token.def"
};
#undef PARAMS
#define PARAMS client_params
static const struct param_row client_rows[] = {
#include "params/client.def"
};
#undef PARAMS
#define PARAMS device_params
static const struct param_row device_rows[] = {
#include "params/device.def"
};
#undef PARAMS
#define PARAMS revoke_params
static const struct param_row revoke_rows[] = {
#include "params/revoke.def"
};
#undef PARAMS

#define PARAMS logout_params
static const struct param_row logout_rows[] = {
#include "params/logout.def"
};
#undef PARAMS

enum err params_fail(struct ctx *c, enum err e, str name)
{
	const char *what = e == ERR_PARAM_MISSING ? "is missing"
	    : e == ERR_PARAM_DUPLICATE            ? "was sent more than once"
	    : e == ERR_PARAM_TOO_LONG             ? "is too long"
	    : e == ERR_PARAM_ALPHABET             ? "has characters that it may not have"
						  : "cannot be read";

	(void)fail_set(c, e, __FILE__, __LINE__, "%.*s", FMT(name));
	c->fail.say = arena_printf(c->mem, "The parameter %.*s %s.", FMT(name), what);
	return e;
}

static enum err fill(
    struct ctx *c, const struct form *f, const struct param_row *rows, size_t count, void *out)
{
	str which = { NULL, 0 };
	enum err e = param_fill(f, rows, count, out, &which);

	return e == OK ? OK : params_fail(c, e, which);
}

enum err authorize_who_fill(struct ctx *c, const struct form *f, struct authorize_who *out)
{
	return fill(c, f, who_rows, COUNT(who_rows), out);
}

enum err authorize_params_fill(struct ctx *c, const struct form *f, struct authorize_params *out)
{
	return fill(c, f, authorize_rows, COUNT(authorize_rows), out);
}

enum err token_params_fill(struct ctx *c, const struct form *f, struct token_params *out)
{
	return fill(c, f, token_rows, COUNT(token_rows), out);
}

enum err revoke_params_fill(struct ctx *c, const struct form *f, struct revoke_params *out)
{
	return fill(c, f, revoke_rows, COUNT(revoke_rows), out);
}

enum err logout_params_fill(struct ctx *c, const struct form *f, struct logout_params *out)
{
	return fill(c, f, logout_rows, COUNT(logout_rows), out);
}

enum err client_params_fill(struct ctx *c, const struct form *f, struct client_params *out)
{
	return fill(c, f, client_rows, COUNT(client_rows), out);
}

enum err device_params_fill(struct ctx *c, const struct form *f, struct device_params *out)
{
	return fill(c, f, device_rows, COUNT(device_rows), out);
}

enum err params_body(struct ctx *c, struct form *out)
{
	if (c->req->body.n == 0) {
		(void)FAIL(
		    c, PARAM_MISSING, "the body is empty; parameters in the query string are not read");
		c->fail.say = S("The body is empty: parameters stand there, not in the address.");
		return ERR_PARAM_MISSING;
	}
	if (!content_type_is(c->req, S("application/x-www-form-urlencoded")))
		return FAIL(c, CONTENT_TYPE, "%.*s", FMT(http_header(c->req, S("Content-Type"))));
	*out = c->form;
	return OK;
}

/* The commonest of near misses is named: to clients the text is the name. */
static enum err unknown(struct ctx *c, str identifier)
{
	enum err e = FAIL(c, RESOURCE_UNKNOWN, "%.*s", FMT(identifier));

	if (str_ends(identifier, S("/")) && site_resource(c->site, str_sub(identifier, 0, identifier.n - 1)))
		c->fail.say =
		    S("The resource is not one that this server protects: leave out the slash at its end.");
	return e;
}

static enum err several(struct ctx *c, str identifier)
{
	enum err e = FAIL(c, RESOURCE_UNKNOWN, "two resources at once: %.*s", FMT(identifier));

	c->fail.say = S("Several resources were sent, and a token is good at one: ask once for each.");
	return e;
}

enum err params_resource(struct ctx *c, const struct param_list *list, const struct resource **out)
{
	*out = NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct resource *r = site_resource(c->site, list->items[i]);
		if (!r)
			return unknown(c, list->items[i]);
		if (*out && *out != r)
			return several(c, list->items[i]);
		*out = r;
	}
	return OK;
}
