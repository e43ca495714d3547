#include "oauth/grant_type.h"

static const struct grant_type *const grant_types[] = {
	&grant_authorization_code,
	&grant_refresh_token,
	&grant_client_credentials,
	&grant_device_code,
	&grant_token_exchange,
	&grant_jwt_bearer,
};

void token_awaited(struct ctx *c, const struct authz *authz)
{
	for (size_t i = 0; i < c->site->resource_count; i++) {
		const struct resource *r = &c->site->resources[i];
		if ((r->management || r->upstream.n) && str_eq(r->identifier, authz->resource)) {
			effect_add(
			    c, EFFECT_TOKEN_ISSUED, authz->grant, c->now + c->site->config->access_ttl);
			return;
		}
	}
}

const struct grant_type *grant_type_at(size_t i)
{
	return i < COUNT(grant_types) ? grant_types[i] : NULL;
}

const struct grant_type *grant_type_find(str name)
{
	for (size_t i = 0; i < COUNT(grant_types); i++)
		if (str_eq(grant_types[i]->name, name))
			return grant_types[i];
	return NULL;
}
