/* The rules between values, and the values that follow from others. */
#include "core/config_inner.h"
#include "core/fetch.h"
#include "core/resource_rule.h"

#include "base/url.h"

#include <arpa/inet.h>

#define MASTER_KEY_MIN 32
#define OUTBOUND_PATH_MAX 512 /* as the fetcher takes it */

static const struct {
	str key;
	size_t offset;
	int64_t min, max;
	const char *words;
} ranges[] = {
#define RANGE(key_, member_, min_, max_, words_)                                   \
	{                                                                          \
		S_INIT(key_), offsetof(struct config, member_), min_, max_, words_ \
	}
	RANGE("tokens.access_ttl", access_ttl, 30, ACCESS_TTL_MAX, "30s to 24h"),
	RANGE("tokens.refresh_ttl", refresh_ttl, 60, 315360000, "1m to 3650d"),
	RANGE("tokens.code_ttl", code_ttl, 10, 600, "10s to 10m"),
	RANGE("tokens.refresh_grace", refresh_grace, 0, 600, "0s to 10m"),
	RANGE("limits.connections", limit_connections, 16, 10000000, "16 to 10000000"),
	RANGE("limits.per_address", limit_per_address, 1, 10000000, "1 to 10000000"),
	RANGE("limits.body", limit_body, 4096, 16777216, "4k to 16m"),
	RANGE("limits.body_mcp", limit_body_mcp, 4096, 1073741824, "4k to 1024m"),
	RANGE("limits.head", limit_head_seconds, 1, 600, "1s to 10m"),
	RANGE("limits.idle", limit_idle_seconds, 1, 86400, "1s to 24h"),
	RANGE("limits.write_stall", limit_write_stall_seconds, 1, 86400, "1s to 24h"),
	RANGE("limits.streams_per_user", limit_streams_per_user, 1, 1000000, "1 to 1000000"),
	RANGE("limits.upstream", limit_upstream_seconds, 1, 86400, "1s to 24h"),
	RANGE("limits.register", limit_register_burst, 0, 1000000000, "0 to 1000000000"),
	RANGE("limits.documents", limit_documents, 0, 1000000, "0 to 1000000"),
	RANGE("limits.authorize", limit_authorize_burst, 0, 1000000000, "0 to 1000000000"),
	RANGE("limits.assertions", limit_assertion_burst, 0, 1000000000, "0 to 1000000000"),
	RANGE("limits.pushed", limit_pushed_burst, 0, 1000000000, "0 to 1000000000"),
	RANGE("limits.device", limit_device_burst, 0, 1000000000, "0 to 1000000000"),
	RANGE("limits.loops", loops, 0, 256, "0 to 256"),
	RANGE("audit.retention", audit_retention, 86400, 3153600000, "1d to 36500d"),
#undef RANGE
};

static enum err check_ranges(struct config_bind *b)
{
	for (size_t i = 0; i < COUNT(ranges); i++) {
		int64_t v = *(const int64_t *)(const void *)((const char *)b->out + ranges[i].offset);
		if (v < ranges[i].min || v > ranges[i].max)
			return config_fail(b, config_where(b, ranges[i].key), "%.*s is %s.",
			    FMT(ranges[i].key), ranges[i].words);
	}
	return OK;
}

/* "127.0.0.1", "[::1]" or "localhost": names of other machines cannot be listened on. */
static bool host_ok(str host)
{
	char z[INET6_ADDRSTRLEN];
	unsigned char address[16];
	bool six = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';

	if (str_eq(host, S("localhost")))
		return true;
	if (six)
		host = str_sub(host, 1, host.n - 1);
	if (!host.n || host.n >= sizeof z)
		return false;
	for (size_t i = 0; i < host.n; i++)
		z[i] = host.p[i];
	z[host.n] = '\0';
	return inet_pton(six ? AF_INET6 : AF_INET, z, address) == 1;
}

/* Splits HOST:PORT at the last colon; false when there is none or the port is no number. */
static bool split_listen(str text, str *host, int64_t *port)
{
	size_t i = text.n;

	while (i > 0 && text.p[i - 1] != ':')
		i--;
	if (i == 0)
		return false;
	*host = str_sub(text, 0, i - 1);
	return str_int(str_sub(text, i, text.n), port);
}

const char *config_listen_problem(str text)
{
	str host;
	int64_t port;

	if (str_starts(text, S("unix:")))
		return text.n > 6 && text.p[5] == '/' && text.n < 100
		    ? NULL
		    : "is no path: write unix:/run/gatehouse/http.sock";
	if (!split_listen(text, &host, &port))
		return "is not HOST:PORT: write localhost:8080 or 0.0.0.0:8080";
	if (port < 1 || port > 65535)
		return "has a port outside 1 to 65535";
	if (!host.n)
		return "has no host: write localhost:PORT, or 0.0.0.0:PORT for every address";
	return host_ok(host) ? NULL
			     : "is not an address of this machine: write an IPv4 address, an IPv6 one in "
			       "[brackets], or localhost";
}

const char *config_base_url_problem(str text)
{
	struct url u;
	bool https;

	if (url_parse(text, &u) != OK || !u.authority || !u.host.n)
		return "is not an address such as https://auth.example.com";
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] >= 'A' && text.p[i] <= 'Z')
			return "has capital letters; clients compare it letter by letter, so write it in "
			       "lower case";
	https = str_eq(u.scheme, S("https"));
	if (!https && !str_eq(u.scheme, S("http")))
		return "must begin with https:// or http://";
	if (u.userinfo.p || u.query.p || u.fragment.p)
		return "must have no user, ? or #";
	if (str_ends(u.path, S("/")))
		return "ends with a slash; leave it out, since clients compare the text";
	if (u.path.n && (url_dots(u.path) || str_find(u.path, S("//")) >= 0 || str_has(u.path, '%')))
		return "has a path that can be written in two ways; keep to letters, digits and -";
	if (u.port == (https ? 443 : 80))
		return "names the default port; leave it out, since clients compare the text";
	if (u.port == 0)
		return "has no usable port";
	return NULL;
}

/* X-14: https that nobody here or in front speaks would lock everybody out: cookies are Secure, and clients find no TLS. */
static enum err finish_tls(struct config_bind *b)
{
	struct config *c = b->out;
	bool https = str_starts(c->base_url, S("https://")), local = str_starts(c->listen, S("unix:"));
	str host;
	int64_t port = 0;
	static const char mend[] =
	    "write tls: { cert: fullchain.pem, key: key.pem }, or, behind a proxy that "
	    "speaks it, trust_proxy: [127.0.0.1/32].";

	if (c->tls_count && local)
		return config_fail(b, config_where(b, S("tls")),
		    "a unix socket is served in clear: listen on HOST:PORT, or leave tls to the proxy.");
	if (c->tls_count && !https)
		return config_fail(b, config_where(b, S("base_url")),
		    "base_url is http, but tls is given: begin it with https://.");
	if (c->tls_count || c->trust_proxy_count || local)
		return OK;
	if (https)
		return config_fail(b, config_where(b, S("base_url")),
		    "base_url is https, but nothing here speaks it: %s", mend);
	if (split_listen(c->listen, &host, &port) && port == 443)
		return config_fail(b, config_where(b, S("listen")),
		    "listen is port 443, where clients speak https, but nothing here does: %s", mend);
	return OK;
}

static enum err finish_addresses(struct config_bind *b)
{
	struct config *c = b->out;
	str host;
	int64_t port = 0;
	const char *problem = config_listen_problem(c->listen);

	if (problem)
		return config_fail(b, config_where(b, S("listen")), "listen `%.*s` %s.",
		    FMT(str_sub(c->listen, 0, 100)), problem);
	if (c->ops.n && (problem = config_listen_problem(c->ops)))
		return config_fail(
		    b, config_where(b, S("ops")), "ops `%.*s` %s.", FMT(str_sub(c->ops, 0, 100)), problem);
	if (str_eq(c->ops, c->listen))
		return config_fail(b, config_where(b, S("ops")),
		    "ops is the same address as listen; give it one of its own.");
	c->base_url_given = c->base_url.n > 0;
	if (!c->base_url_given) {
		if (!split_listen(c->listen, &host, &port) || str_starts(c->listen, S("unix:")))
			return config_fail(b, config_where(b, S("listen")),
			    "with a unix socket base_url must be given: the address that people use.");
		const char *scheme = c->tls_count ? "https" : "http";
		c->base_url = port == (c->tls_count ? 443 : 80)
		    ? arena_printf(b->mem, "%s://localhost", scheme)
		    : arena_printf(b->mem, "%s://localhost:%d", scheme, (int)port);
	}
	problem = config_base_url_problem(c->base_url);
	if (problem)
		return config_fail(b, config_where(b, S("base_url")), "base_url `%.*s` %s.",
		    FMT(str_sub(c->base_url, 0, 200)), problem);
	return finish_tls(b);
}

static enum err finish_store(struct config_bind *b)
{
	struct config *c = b->out;
	bool none = str_eq(c->data_dir, S("none"));
	bool shared = str_starts(c->store, S("postgres://")) || str_starts(c->store, S("postgresql://"));

	if (c->master_key.len && c->master_key.len < MASTER_KEY_MIN)
		return config_fail(b, config_where(b, S("master_key")),
		    "master_key has fewer than %d characters; openssl rand -hex 32 makes one.",
		    MASTER_KEY_MIN);
	if (none && (!shared || !c->master_key.len))
		return config_fail(b, config_where(b, S("data_dir")),
		    "data_dir can be `none` only with a PostgreSQL store and a master_key.");
	if (!c->data_dir.n)
		return config_fail(b, config_where(b, S("data_dir")), "data_dir is empty; name a directory.");
	if (shared)
		return OK;
	if (str_eq(c->store, S("sqlite")))
		c->store = arena_printf(b->mem, "sqlite:%.*s/gatehouse.db", FMT(c->data_dir));
	if (!str_starts(c->store, S("sqlite:")) || c->store.n == sizeof "sqlite:" - 1)
		return config_fail(b, config_where(b, S("store")),
		    "store is sqlite, sqlite:PATH or postgres://USER@HOST/DB.");
	return OK;
}

static enum err finish_management(struct config_bind *b)
{
	struct config *c = b->out;
	const char *problem = resource_path_problem(c->management_path);

	if (problem)
		return config_fail(b, config_where(b, S("management.path")), "management.path `%.*s` %s.",
		    FMT(str_sub(c->management_path, 0, 100)), problem);
	for (size_t i = 0; c->management && i < c->resource_count; i++)
		if (str_eq(c->resources[i].path, c->management_path))
			return config_fail(b, config_where(b, S("resources")),
			    "the resource of line %d is at %.*s, where the management server answers; give "
			    "one of them another path.",
			    c->resources[i].line, FMT(c->management_path));
	return OK;
}

/* interface.md: what the roles may do when the file does not say. A role that the file leaves out keeps its default. */
static void finish_roles(struct config_bind *b)
{
	static const struct config_role defaults[] = {
		{ S_INIT("owner"), S_INIT("*") },
		{ S_INIT("admin"), S_INIT("* !Tenant.DeleteTenant") },
		{ S_INIT("member"), S_INIT("*.Read*") },
	};
	struct config_role *roles = NEW_ARRAY(b->mem, struct config_role, COUNT(defaults));

	for (size_t i = 0; i < COUNT(defaults); i++) {
		roles[i] = defaults[i];
		for (size_t k = 0; k < b->out->role_count; k++)
			if (str_eq(b->out->roles[k].name, defaults[i].name))
				roles[i] = b->out->roles[k];
	}
	b->out->roles = roles;
	b->out->role_count = COUNT(defaults);
}

/* Whom the fetcher believes, and where it may go besides the public internet. */
static enum err finish_outbound(struct config_bind *b)
{
	struct config *c = b->out;
	str path = c->outbound_authorities, pem, why;

	if (c->outbound_allow_count > FETCH_ALLOW_MAX)
		return config_fail(b, config_where(b, S("outbound.allow")),
		    "outbound.allow has more than %d networks.", FETCH_ALLOW_MAX);
	if (!path.n)
		return OK;
	if (path.p[0] != '/' || path.n >= OUTBOUND_PATH_MAX)
		return config_fail(b, config_where(b, S("outbound.authorities")),
		    "outbound.authorities is no whole path: write /etc/gatehouse/authorities.pem.");
	if (!b->in->port.read(b->in->port.arg, b->mem, b->file, path, &pem, &why))
		return config_fail(b, config_where(b, S("outbound.authorities")), "the file %.*s %.*s.",
		    FMT(path), FMT(why));
	if (str_find(pem, S("-----BEGIN CERTIFICATE-----")) < 0)
		return config_fail(b, config_where(b, S("outbound.authorities")),
		    "the file %.*s holds no certificate in PEM form.", FMT(path));
	return OK;
}

/* The one client that everybody gets: its secret would be everybody's, and no page would ask for a trusted one. */
static enum err finish_registration(struct config_bind *b)
{
	const struct config *c = b->out;
	const struct config_client *shared = NULL;
	str where = config_where(b, S("registration.client"));

	if (c->registration != REGISTRATION_SHARED)
		return c->registration_client.n
		    ? config_fail(b, where, "registration.client is for registration.mode shared only.")
		    : OK;
	for (size_t i = 0; i < c->client_count; i++)
		if (str_eq(c->clients[i].client_id, c->registration_client))
			shared = &c->clients[i];
	if (!shared)
		return config_fail(b,
		    c->registration_client.n ? where : config_where(b, S("registration.mode")),
		    "with registration.mode shared, registration.client names one of `clients`.");
	if (shared->secret.n)
		return config_fail(b, where,
		    "the client that everybody gets must be a public one: take client_secret out of `%.*s`.",
		    FMT(shared->client_id));
	return OK;
}

enum err config_finish(struct config_bind *b)
{
	finish_roles(b);
	TRY(check_ranges(b));
	TRY(finish_addresses(b));
	TRY(finish_store(b));
	TRY(finish_outbound(b));
	TRY(finish_registration(b));
	return finish_management(b);
}
