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

static enum err fill(
    struct ctx *c, const struct form *f, const struct param_row *rows, size_t count, void *out)
{
	str which = { NULL, 0 };
	enum err e = param_fill(f, rows, count, out, &which);

	return e == OK ? OK : fail_set(c, e, __FILE__, __LINE__, "%.*s", FMT(which));
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
	if (c->req->body.n == 0)
		return FAIL(
		    c, PARAM_MISSING, "the body is empty; parameters in the query string are not read");
	if (!content_type_is(c->req, S("application/x-www-form-urlencoded")))
		return FAIL(c, CONTENT_TYPE, "%.*s", FMT(http_header(c->req, S("Content-Type"))));
	*out = c->form;
	return OK;
}

enum err params_resource(struct ctx *c, const struct param_list *list, const struct resource **out)
{
	*out = NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct resource *r = site_resource(c->site, list->items[i]);
		if (!r)
			return FAIL(c, RESOURCE_UNKNOWN, "%.*s", FMT(list->items[i]));
		if (*out && *out != r)
			return FAIL(c, RESOURCE_UNKNOWN, "two resources at once: %.*s", FMT(list->items[i]));
		*out = r;
	}
	return OK;
}
