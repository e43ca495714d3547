/* `trusted_issuers:` and `cross_app:` of gatehouse.yml: whose word about people we take, and who takes ours. */
#include "core/config_inner.h"

#include "base/url.h"

#define TRUST_MAX 100 /* of each */

static const str issuer_keys[] = { S_INIT("issuer"), S_INIT("jwks_uri"), S_INIT("create_users"),
	S_INIT("verified_emails") };
static const str audience_keys[] = { S_INIT("audience"), S_INIT("clients"), S_INIT("resources") };

static bool https(str text)
{
	struct url u;

	return url_parse(text, &u) == OK && str_eq(u.scheme, S("https")) && u.host.n && !u.userinfo.p &&
	    !u.fragment.p;
}

static enum err read_https(struct config_bind *b, const struct yaml *v, str *out)
{
	TRY(config_scalar(b, v, out));
	return https(*out) ? OK
			   : config_fail(b, config_place(b, v),
				 "%.*s is an https address, without user and #.", FMT(v->key));
}

static enum err read_issuer(struct config_bind *b, const struct yaml *v, struct config_issuer *i)
{
	if (str_eq(v->key, S("issuer")))
		return read_https(b, v, &i->issuer);
	if (str_eq(v->key, S("jwks_uri")))
		return read_https(b, v, &i->jwks_uri);
	if (str_eq(v->key, S("create_users")))
		return yaml_bool_of(v, &i->create_users)
		    ? OK
		    : config_fail(b, config_place(b, v), "create_users is true or false.");
	if (str_eq(v->key, S("verified_emails")))
		return yaml_bool_of(v, &i->verified_emails)
		    ? OK
		    : config_fail(b, config_place(b, v), "verified_emails is true or false.");
	return config_unknown(b, v, S("trusted_issuers"), issuer_keys, COUNT(issuer_keys));
}

static enum err finish_issuer(struct config_bind *b, const struct yaml *v, const struct config_issuer *i)
{
	if (!i->issuer.n || !i->jwks_uri.n)
		return config_fail(b, config_place(b, v), "a trusted issuer has an issuer and a jwks_uri.");
	for (size_t k = 0; k < b->out->issuer_count; k++)
		if (str_eq(b->out->issuers[k].issuer, i->issuer))
			return config_fail(b, config_place(b, v), "this issuer stands at line %d already.",
			    b->out->issuers[k].line);
	return OK;
}

enum err config_issuer_read(struct config_bind *b, const struct yaml *v)
{
	if (v->type != YAML_LIST || v->count > TRUST_MAX)
		return config_fail(b, config_place(b, v),
		    "trusted_issuers are a list: - { issuer: https://idp.example, jwks_uri: https://... }");
	struct config_issuer *all = NEW_ARRAY(b->mem, struct config_issuer, b->out->issuer_count + v->count);
	for (size_t k = 0; k < b->out->issuer_count; k++)
		all[k] = b->out->issuers[k];
	b->out->issuers = all;
	for (YAML_EACH(item, v)) {
		struct config_issuer i = { .line = item->line };
		if (item->type != YAML_MAP)
			return config_fail(
			    b, config_place(b, item), "a trusted issuer is a mapping: issuer, jwks_uri.");
		for (YAML_EACH(member, item))
			TRY(read_issuer(b, member, &i));
		TRY(finish_issuer(b, item, &i));
		all[b->out->issuer_count++] = i;
	}
	return OK;
}

static enum err read_aliases(struct config_bind *b, const struct yaml *v, struct config_audience *a)
{
	struct config_alias *all = NEW_ARRAY(b->mem, struct config_alias, v->count);

	if (v->type != YAML_MAP)
		return config_fail(b, config_place(b, v),
		    "clients are a mapping of our client_ids to theirs: { agent: agent-at-example }.");
	for (YAML_EACH(item, v)) {
		struct config_alias *alias = &all[a->client_count++];
		alias->ours = item->key;
		TRY(config_scalar(b, item, &alias->theirs));
		if (!alias->theirs.n)
			return config_fail(b, config_place(b, item),
			    "say what client_id %.*s has at that server.", FMT(item->key));
	}
	a->clients = all;
	return OK;
}

static enum err read_audience(struct config_bind *b, const struct yaml *v, struct config_audience *a)
{
	if (str_eq(v->key, S("audience")))
		return read_https(b, v, &a->issuer);
	if (str_eq(v->key, S("clients")))
		return read_aliases(b, v, a);
	if (str_eq(v->key, S("resources")))
		return config_words(b, v, &a->resources);
	return config_unknown(b, v, S("cross_app"), audience_keys, COUNT(audience_keys));
}

static enum err finish_audience(struct config_bind *b, const struct yaml *v, const struct config_audience *a)
{
	if (!a->issuer.n || !a->client_count)
		return config_fail(b, config_place(b, v), "cross_app has an audience and clients.");
	for (size_t k = 0; k < b->out->audience_count; k++)
		if (str_eq(b->out->audiences[k].issuer, a->issuer))
			return config_fail(b, config_place(b, v), "this audience stands at line %d already.",
			    b->out->audiences[k].line);
	return OK;
}

enum err config_audience_read(struct config_bind *b, const struct yaml *v)
{
	if (v->type != YAML_LIST || v->count > TRUST_MAX)
		return config_fail(b, config_place(b, v),
		    "cross_app is a list: - { audience: https://auth.example, clients: { ours: theirs } }");
	struct config_audience *all =
	    NEW_ARRAY(b->mem, struct config_audience, b->out->audience_count + v->count);
	for (size_t k = 0; k < b->out->audience_count; k++)
		all[k] = b->out->audiences[k];
	b->out->audiences = all;
	for (YAML_EACH(item, v)) {
		struct config_audience a = { .line = item->line };
		if (item->type != YAML_MAP)
			return config_fail(b, config_place(b, item),
			    "an entry of cross_app is a mapping: audience, clients.");
		for (YAML_EACH(member, item))
			TRY(read_audience(b, member, &a));
		TRY(finish_audience(b, item, &a));
		all[b->out->audience_count++] = a;
	}
	return OK;
}
