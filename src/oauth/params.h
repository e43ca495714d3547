/* params: the typed requests of the protocol, made from tables/params. Handlers never see a raw form. */
#ifndef OAUTH_PARAMS_H
#define OAUTH_PARAMS_H

#include "core/ctx.h"

#define PARAM_TYPE_TEXT str
#define PARAM_TYPE_VSCHAR str
#define PARAM_TYPE_TOKEN str
#define PARAM_TYPE_URI str
#define PARAM_TYPE_SCOPE str
#define PARAM_TYPE_ANY str
#define PARAM_TYPE_SECRET struct secret
#define PARAM_TYPE_LIST struct param_list
#define PARAM(name, kind, max) PARAM_TYPE_##kind name;

struct authorize_who {
#include "params/authorize_who.def"
};

struct authorize_params {
#include "params/authorize.def"
};

struct token_params {
#include "params/token.def"
};

struct client_params {
#include "params/client.def"
};

struct device_params {
#include "params/device.def"
};

struct revoke_params {
#include "params/revoke.def"
};

struct logout_params {
#include "params/logout.def"
};

#undef PARAM

/* Each fills its zeroed struct from a form; what is wrong stands in c->fail, with the parameter's name. */
CHECKED enum err authorize_who_fill(struct ctx *c, const struct form *f, struct authorize_who *out);
CHECKED enum err authorize_params_fill(struct ctx *c, const struct form *f, struct authorize_params *out);
CHECKED enum err token_params_fill(struct ctx *c, const struct form *f, struct token_params *out);
CHECKED enum err client_params_fill(struct ctx *c, const struct form *f, struct client_params *out);
CHECKED enum err device_params_fill(struct ctx *c, const struct form *f, struct device_params *out);
CHECKED enum err revoke_params_fill(struct ctx *c, const struct form *f, struct revoke_params *out);
CHECKED enum err logout_params_fill(struct ctx *c, const struct form *f, struct logout_params *out);

/* The refusal of a parameter in words that name it; name is one of our tables. Gives e. */
enum err params_fail(struct ctx *c, enum err e, str name);

/*
 * The form of a POST to an endpoint that programs call. Parameters in the query string do not exist there
 * (RFC 6749, section 2.3.1: secrets must not stand in URLs). PARAM_MISSING, CONTENT_TYPE.
 */
CHECKED enum err params_body(struct ctx *c, struct form *out);

/*
 * The one resource that the values of `resource` name (RFC 8707 section 2): repeating the same is fine,
 * naming two is not, since our tokens have one audience. NULL when there are none. RESOURCE_UNKNOWN.
 */
CHECKED enum err params_resource(struct ctx *c, const struct param_list *list, const struct resource **out);

#endif
