/* gatehouse check: is this fit for production? Each failure comes with the line to write. */
#include "base/time.h"
#include "base/url.h"
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/file.h"
#include "cmd/findings.h"
#include "cmd/verbs.h"
#include "core/config_table.h"
#include "core/nearest.h"
#include "net/probe.h"
#include "net/tls_cert.h"

#include <sys/resource.h>
#include <unistd.h>

#define ACCESS_TTL_LONG 3600

struct check {
	struct cli *cli;
	const struct config *config;
	struct findings f;
};

static void ok(struct check *k, const char *what, str seen)
{
	findings_add(&k->f, FINDING_OK, what, seen, S(""));
}

static void fail(struct check *k, const char *what, str seen, str remedy)
{
	findings_add(&k->f, FINDING_FAIL, what, seen, remedy);
}

static void note(struct check *k, const char *what, str seen, str remedy)
{
	findings_add(&k->f, FINDING_NOTE, what, seen, remedy);
}

static void check_file(struct check *k)
{
	const struct config *c = k->config;
	int mode = c->file.n ? file_mode(k->cli->mem, c->file) : -1;
	bool secrets = c->master_key_literal;

	for (size_t i = 0; i < c->client_count; i++)
		secrets |= c->clients[i].secret_literal;
	if (!c->file.n) {
		note(k, "configuration", S("no file, all defaults"),
		    S("write gatehouse.yml, so that a restart serves the same; gatehouse reference config"));
		return;
	}
	ok(k, "configuration", c->file);
	if (secrets && mode >= 0 && (mode & 077))
		fail(k, "configuration file",
		    arena_printf(
			k->cli->mem, "it holds secrets and others can read it (mode %04o)", (unsigned)mode),
		    arena_printf(k->cli->mem, "chmod 600 %.*s", FMT(c->file)));
}

/* M-112: no literal secrets. */
static void check_secrets(struct check *k)
{
	const struct config *c = k->config;
	size_t found = 0;

	if (c->master_key_literal) {
		fail(k, "secrets", S("master_key stands in the file as it is"),
		    S("master_key: file:///run/secrets/gatehouse-key"));
		found++;
	}
	for (size_t i = 0; i < c->client_count; i++) {
		const struct config_client *client = &c->clients[i];
		if (!client->secret_literal)
			continue;
		fail(k, "secrets",
		    arena_printf(k->cli->mem,
			"line %d: the client_secret of %.*s stands in the file as it is", client->line,
			FMT(client->client_id)),
		    S("client_secret: \"${NAME_OF_A_VARIABLE}\", or file:///run/secrets/NAME"));
		found++;
	}
	if (!found)
		ok(k, "secrets", S("none stands in the file as it is"));
}

static bool public_listen(str listen)
{
	return !str_starts(listen, S("unix:")) && !str_starts(listen, S("127.")) &&
	    !str_starts(listen, S("localhost:")) && !str_starts(listen, S("[::1]:"));
}

static void check_address(struct check *k)
{
	const struct config *c = k->config;
	struct url u;
	bool https = str_starts(c->base_url, S("https://"));

	if (url_parse(c->base_url, &u) != OK)
		return;
	if (https)
		ok(k, "base_url", c->base_url);
	else if (url_loopback(&u))
		fail(k, "base_url",
		    arena_printf(k->cli->mem, "%.*s is this machine's own name: nobody else can reach it",
			FMT(c->base_url)),
		    S("base_url: https://auth.example.com"));
	else
		fail(k, "base_url",
		    arena_printf(k->cli->mem,
			"%.*s is not https: passwords and tokens travel in clear, and clients refuse it",
			FMT(c->base_url)),
		    arena_printf(k->cli->mem, "base_url: https://%.*s", FMT(u.host)));
	if (public_listen(c->listen) && !c->tls_count)
		fail(k, "listen",
		    arena_printf(k->cli->mem, "%.*s is open to the network without TLS", FMT(c->listen)),
		    S("tls: { cert: fullchain.pem, key: key.pem }, or listen: 127.0.0.1:8080 behind a proxy "
		      "that terminates TLS"));
	else
		ok(k, "listen", c->listen);
	if (c->ops.n && public_listen(c->ops))
		note(k, "ops", arena_printf(k->cli->mem, "%.*s is open to the network", FMT(c->ops)),
		    S("ops: 127.0.0.1:9090, or keep it in by a firewall"));
}

/* That one is named, where one is needed, the configuration itself insists on. */
static void check_proxy(struct check *k)
{
	const struct config *c = k->config;

	for (size_t i = 0; i < c->trust_proxy_count; i++)
		if (str_ends(c->trust_proxy[i], S("/0")))
			fail(k, "trust_proxy",
			    arena_printf(k->cli->mem, "%.*s believes everybody's X-Forwarded-For",
				FMT(c->trust_proxy[i])),
			    S("trust_proxy: [the address of your proxy/32]"));
}

/* One pair; true when its certificate is for the host of base_url. */
static bool check_certificate(struct check *k, const struct config_tls *t, str host)
{
	struct tls_cert cert;
	struct buf why = BUF(k->cli->mem);
	int64_t now = time_now();

	if (tls_cert_read(k->cli->mem, t->cert, t->key, now, &cert, &why) != OK) {
		fail(k, "tls", arena_printf(k->cli->mem, "%.*s: %.*s", FMT(t->where), FMT(buf_str(&why))),
		    S(""));
		return false;
	}
	long long days = (cert.ends - now) / 86400;
	str seen = arena_printf(k->cli->mem, "%.*s ends in %lld days", FMT(t->cert), days);
	if (tls_cert_ends_soon(&cert, now))
		fail(k, "tls",
		    arena_printf(k->cli->mem, "%.*s, and should have been renewed by now", FMT(seen)),
		    S("see why its renewal fails (certbot renew), then gatehouse reload"));
	else
		ok(k, "tls", seen);
	bool serves = tls_cert_serves(&cert, host);
	tls_cert_free(&cert);
	return serves;
}

static void check_tls(struct check *k)
{
	const struct config *c = k->config;
	struct url u;
	bool served = false;

	if (!c->tls_count || url_parse(c->base_url, &u) != OK)
		return;
	for (size_t i = 0; i < c->tls_count; i++)
		served |= check_certificate(k, &c->tls[i], u.host);
	if (!served)
		fail(k, "tls",
		    arena_printf(
			k->cli->mem, "no certificate is for %.*s, the host of base_url", FMT(u.host)),
		    arena_printf(k->cli->mem, "get one with DNS:%.*s in its subjectAltName", FMT(u.host)));
}

static void check_data(struct check *k)
{
	const struct config *c = k->config;
	str why;

	if (str_eq(c->data_dir, S("none")))
		ok(k, "data_dir", S("none: PostgreSQL and a master key"));
	else if (file_data_dir(k->cli->mem, c->data_dir, false, &why))
		ok(k, "data_dir", arena_printf(k->cli->mem, "%.*s is this user's alone", FMT(c->data_dir)));
	else
		fail(k, "data_dir", why, S(""));
}

static void check_choices(struct check *k)
{
	const struct config *c = k->config;

	if (c->access_ttl > ACCESS_TTL_LONG)
		note(k, "tokens.access_ttl",
		    arena_printf(k->cli->mem,
			"%lld s: servers that check tokens by themselves believe a revoked one that long",
			(long long)c->access_ttl),
		    S("tokens: { access_ttl: 10m }"));
	for (size_t i = 0; i < c->outbound_allow_count; i++)
		note(k, "outbound.allow",
		    arena_printf(k->cli->mem,
			"%.*s is not public, and whoever can reach /authorize can make this server ask https "
			"hosts there",
			FMT(c->outbound_allow[i])),
		    S("name single hosts (10.1.2.3/32), or take it out"));
	for (size_t i = 0; i < c->client_count; i++)
		if (str_find(c->clients[i].redirect_uris, S("http://")) >= 0)
			note(k, "clients",
			    arena_printf(k->cli->mem,
				"line %d: %.*s returns to this machine over http: a client for development?",
				c->clients[i].line, FMT(c->clients[i].client_id)),
			    S("take it out, or give it its https redirect URI"));
}

/* A variable that looks like a key and is none does nothing, silently. */
static void check_environment(struct check *k)
{
	for (char **e = environ; *e; e++) {
		str name, value;
		(void)str_cut(str_of(*e), '=', &name, &value);
		if (!str_starts(name, S("GATEHOUSE_")) || str_eq(name, S("GATEHOUSE_CONFIG")))
			continue;
		struct nearest n = nearest_of(name);
		for (size_t i = 0; i < config_row_count; i++)
			if (config_rows[i].shape == CONFIG_VALUE)
				nearest_try(&n, config_variable(k->cli->mem, &config_rows[i]));
		if (n.distance == 0)
			continue;
		str near = nearest_found(&n);
		note(k, "environment",
		    arena_printf(k->cli->mem, "%.*s is no variable of ours, and does nothing", FMT(name)),
		    near.n ? arena_printf(k->cli->mem, "did you mean %.*s?", FMT(near)) : S("take it out"));
	}
}

static void check_descriptors(struct check *k)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY &&
	    (int64_t)limit.rlim_max < k->config->limit_connections)
		note(k, "descriptors",
		    arena_printf(k->cli->mem, "the system gives %lld, limits.connections is %lld",
			(long long)limit.rlim_max, (long long)k->config->limit_connections),
		    S("LimitNOFILE in the systemd unit, or ulimit -n"));
}

/* Does the store open, and does somebody own it? */
static void check_store(struct check *k)
{
	struct answer a;
	bool owner = false;

	if (ask_op(k->cli, k->config, S("list_users"), S("{\"limit\":1000}"), &a) != CLI_DONE || !a.ok) {
		fail(k, "store", S("it does not open; see above"), S("gatehouse serve, or gatehouse init"));
		return;
	}
	ok(k, "store", a.daemon ? S("the daemon answers") : S("it opens; no daemon runs"));
	for (JSON_EACH(u, json_get(a.result, S("users"))))
		owner |= str_eq(json_get_str(u, S("role")), S("owner")) &&
		    str_eq(json_get_str(u, S("status")), S("active"));
	if (!owner)
		fail(k, "owner", S("nobody owns this server: whoever opens the setup link first does"),
		    S("gatehouse init --admin EMAIL --password-stdin"));
}

/* What the running daemon has noticed about the proxy in front of it. */
static void check_daemon(struct check *k)
{
	struct probe_ask ask = { .method = S("GET"), .timeout_ms = 3000 };
	struct probe_answer a;
	str line, rest;

	if (str_starts(k->config->listen, S("unix:")))
		return;
	/* With TLS it has to be asked by the name that its certificate is for. */
	ask.url = k->config->tls_count
	    ? arena_printf(k->cli->mem, "%.*s/readyz", FMT(k->config->base_url))
	    : arena_printf(k->cli->mem, "http://%.*s/readyz", FMT(k->config->listen));
	probe_run(k->cli->mem, &ask, &a);
	if (a.stage != PROBE_DONE)
		return;
	for (rest = a.body; rest.n;) {
		(void)str_cut(rest, '\n', &line, &rest);
		if (str_starts(line, S("but ")))
			fail(k, "the running daemon", str_sub(line, 4, line.n), S(""));
		else if (str_starts(line, S("not ready")))
			fail(k, "the running daemon", line, S("its log says more"));
	}
}

int verb_check(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	struct check k = { .cli = cli, .config = config };

	if (!config)
		return CLI_FAILED;
	k.f = findings_begin(cli);
	check_file(&k);
	check_secrets(&k);
	check_address(&k);
	check_proxy(&k);
	check_tls(&k);
	check_data(&k);
	check_store(&k);
	check_choices(&k);
	check_environment(&k);
	check_descriptors(&k);
	check_daemon(&k);
	return findings_end(&k.f);
}
