/* `tls:` of gatehouse.yml: certificates and their keys, by their files. What stands in those is judged by who opens them. */
#include "core/config_inner.h"

#define PAIRS_MAX 100

static const str keys[] = { S_INIT("cert"), S_INIT("key") };

static enum err read_path(struct config_bind *b, const struct yaml *v, str *out)
{
	TRY(config_scalar(b, v, out));
	if (!out->n || str_has(*out, '\0') || str_find(*out, S("://")) >= 0)
		return config_fail(b, config_place(b, v),
		    "%.*s is the path of a PEM file, relative to this one.", FMT(v->key));
	*out = config_beside(b->mem, b->file, *out);
	return OK;
}

static enum err read_member(struct config_bind *b, const struct yaml *v, struct config_tls *t)
{
	if (str_eq(v->key, S("cert")))
		return read_path(b, v, &t->cert);
	if (str_eq(v->key, S("key")))
		return read_path(b, v, &t->key);
	if (str_eq(v->key, S("acme")))
		return config_fail(b, config_key_place(b, v),
		    "this version does not fetch certificates by itself; let certbot or the program of your "
		    "CA "
		    "write them, give the files as cert and key, and let it run `gatehouse reload` after "
		    "each "
		    "renewal.");
	return config_unknown(b, v, S("tls"), keys, COUNT(keys));
}

static enum err read_pair(struct config_bind *b, const struct yaml *v)
{
	struct config_tls t = { .where = config_place(b, v) };

	if (v->type != YAML_MAP)
		return config_fail(b, config_place(b, v),
		    "a certificate is a mapping: { cert: fullchain.pem, key: key.pem }.");
	if (b->out->tls_count == PAIRS_MAX)
		return config_fail(b, config_place(b, v), "more than %d certificates.", PAIRS_MAX);
	for (YAML_EACH(member, v))
		TRY(read_member(b, member, &t));
	if (!t.cert.n || !t.key.n)
		return config_fail(b, config_place(b, v),
		    "a certificate has both files: { cert: fullchain.pem, key: key.pem }.");
	b->tls[b->out->tls_count++] = t;
	return OK;
}

enum err config_tls_read(struct config_bind *b, const struct yaml *v)
{
	if (!b->tls)
		b->tls = NEW_ARRAY(b->mem, struct config_tls, PAIRS_MAX);
	b->out->tls = b->tls;
	if (v->type != YAML_LIST)
		return read_pair(b, v);
	if (!v->count)
		return config_fail(
		    b, config_place(b, v), "tls names no certificate; leave it out to serve in clear.");
	for (YAML_EACH(item, v))
		TRY(read_pair(b, item));
	return OK;
}
