#include "client/client_extra.h"
#include "base/json.h"

#include <stddef.h>

static const struct {
	str name;
	size_t at;
} texts[] = {
	{ S_INIT("client_uri"), offsetof(struct client, uri) },
	{ S_INIT("jwks"), offsetof(struct client, jwks) },
	{ S_INIT("jwks_uri"), offsetof(struct client, jwks_uri) },
	{ S_INIT("post_logout_redirect_uris"), offsetof(struct client, logout_uris) },
	{ S_INIT("backchannel_logout_uri"), offsetof(struct client, backchannel) },
	{ S_INIT("resource"), offsetof(struct client, resource) },
	{ S_INIT("application_type"), offsetof(struct client, type) },
	{ S_INIT("role"), offsetof(struct client, role) },
	{ S_INIT("resources"), offsetof(struct client, guards) },
	{ S_INIT("created_by"), offsetof(struct client, maker) },
};

static const struct {
	str name;
	size_t at;
} flags[] = {
	{ S_INIT("dpop_bound_access_tokens"), offsetof(struct client, dpop) },
	{ S_INIT("require_pushed_authorization_requests"), offsetof(struct client, par) },
};

str client_extra_write(struct arena *mem, const struct client *client)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	for (size_t i = 0; i < COUNT(texts); i++)
		jout_str_opt(
		    &j, texts[i].name, *(const str *)(const void *)((const char *)client + texts[i].at));
	for (size_t i = 0; i < COUNT(flags); i++)
		if (*(const bool *)(const void *)((const char *)client + flags[i].at))
			jout_bool(&j, flags[i].name, true);
	jout_end(&j);
	return b.full ? (str){ NULL, 0 } : buf_str(&b);
}

void client_extra_read(struct arena *mem, str json, struct client *out)
{
	const struct json *o = NULL;

	if (json.n == 0 || json_parse(mem, json, &o, NULL) != OK)
		return;
	for (size_t i = 0; i < COUNT(texts); i++)
		*(str *)(void *)((char *)out + texts[i].at) = json_get_str(o, texts[i].name);
	for (size_t i = 0; i < COUNT(flags); i++)
		*(bool *)(void *)((char *)out + flags[i].at) = json_get_true(o, flags[i].name);
}
