/* gatehouse.yml, the environment and the flags: what they mean, and every sentence about what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/config_bind.h"
#include "core/config_inner.h"

/* ---- an outside that stands in the test --------------------------------------------------------------------------- */

struct pair {
	const char *name, *text;
};

struct world {
	const struct pair *env, *files;
};

static const char *find(const struct pair *p, str name)
{
	for (; p && p->name; p++)
		if (str_eq(name, str_of(p->name)))
			return p->text;
	return NULL;
}

static str world_env(void *arg, str name)
{
	const char *z = find(((struct world *)arg)->env, name);

	return z ? str_of(z) : (str){ NULL, 0 };
}

static bool world_read(void *arg, struct arena *mem, str from, str path, str *text, str *why)
{
	const char *z = find(((struct world *)arg)->files, path);

	(void)mem;
	(void)from;
	*why = S("is not there");
	*text = z ? str_of(z) : S("");
	return z != NULL;
}

static bool world_match(
    void *arg, struct arena *mem, str from, str pattern, const str **paths, size_t *count, str *why)
{
	str *out = NEW_ARRAY(mem, str, 8);

	(void)from;
	(void)why;
	*count = 0;
	for (const struct pair *p = ((struct world *)arg)->files; p && p->name; p++)
		if (str_starts(
			str_of(p->name), str_sub(pattern, 0, pattern.n - 5))) // conf.d/ of conf.d/*.yml
			out[(*count)++] = str_of(p->name);
	*paths = out;
	return true;
}

struct outcome {
	struct arena *mem;
	struct config config;
	struct config_problem problem;
	enum err e;
};

static struct outcome bind_world(const char *yaml, const struct pair *env, const struct pair *files,
    const struct config_flag *flags, size_t n)
{
	struct world w = { env, files };
	struct outcome o = { .mem = arena_new(1 << 22) };
	struct config_input in = {
		.port = { .env = world_env, .read = world_read, .match = world_match, .arg = &w },
		.file = yaml ? S("gatehouse.yml") : S(""),
		.text = yaml ? str_of(yaml) : S(""),
		.flags = flags,
		.flag_count = n,
	};

	o.e = config_bind(o.mem, &in, &o.config, &o.problem);
	return o;
}

static struct outcome bind(const char *yaml)
{
	return bind_world(yaml, NULL, NULL, NULL, 0);
}

static void same(str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		print_error("got:  %.*s\nwant: %s\n", FMT(got), want);
	assert_true(str_eq(got, str_of(want)));
}

#define MEND                                                                                                 \
	"write tls: { cert: fullchain.pem, key: key.pem }, or, behind a proxy that speaks it, trust_proxy: " \
	"[127.0.0.1/32]."

/* ---- what it means -------------------------------------------------------------------------------------------------- */

static void without_a_file_everything_is_default(void **state)
{
	struct outcome o = bind(NULL);

	(void)state;
	assert_int_equal(o.e, OK);
	same(o.config.base_url, "http://localhost:8080");
	same(o.config.listen, "localhost:8080");
	same(o.config.store, "sqlite:./gatehouse-data/gatehouse.db");
	same(o.config.management_path, "/mcp");
	assert_true(o.config.management);
	assert_int_equal(o.config.access_ttl, 600);
	assert_int_equal(o.config.refresh_ttl, 30 * 86400);
	assert_int_equal(o.config.role_count, 3);
	same(o.config.roles[2].patterns, "*.Read*");
	assert_int_equal(o.config.limit_body, 65536);
	arena_unref(o.mem);
}

static void certificates_are_found_beside_the_file_and_make_the_address_https(void **state)
{
	struct outcome o = bind("listen: 0.0.0.0:443\n"
				"tls:\n"
				"  - { cert: full.pem, key: /etc/ssl/key.pem }\n"
				"  - { cert: other.pem, key: other.key }\n");
	struct arena *mem = arena_new(4096);

	(void)state;
	assert_int_equal(o.e, OK);
	same(o.config.base_url, "https://localhost");
	assert_int_equal(o.config.tls_count, 2);
	same(o.config.tls[0].cert, "full.pem");
	same(o.config.tls[0].key, "/etc/ssl/key.pem");
	same(o.config.tls[0].where, "gatehouse.yml:3:5");
	same(o.config.tls[1].key, "other.key");
	same(config_beside(mem, S("/etc/gatehouse/gatehouse.yml"), S("key.pem")), "/etc/gatehouse/key.pem");
	same(config_beside(mem, S("/etc/gatehouse/gatehouse.yml"), S("/key.pem")), "/key.pem");
	same(config_beside(mem, S(""), S("key.pem")), "key.pem");
	arena_unref(mem);
	arena_unref(o.mem);
	o = bind("tls: { cert: a, key: b }\n");
	same(o.config.base_url, "https://localhost:8080");
	assert_int_equal(o.config.tls_count, 1);
	arena_unref(o.mem);
}

static void https_needs_somebody_who_speaks_it(void **state)
{
	static const char *const fine[] = {
		"base_url: https://a.example\ntrust_proxy: [127.0.0.1/32]\n",
		"base_url: https://a.example\nlisten: unix:/run/a.sock\n",
		"base_url: https://a.example\ntls: { cert: a, key: b }\n",
		"base_url: http://a.example\nlisten: 0.0.0.0:443\ntrust_proxy: [127.0.0.1/32]\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(fine); i++) {
		struct outcome o = bind(fine[i]);
		assert_int_equal(o.e, OK);
		arena_unref(o.mem);
	}
}

static void everything_that_is_served_is_read(void **state)
{
	struct outcome o =
	    bind("base_url: https://auth.example.com\n"
		 "listen: 127.0.0.1:9000\n"
		 "ops: 127.0.0.1:9090\n"
		 "data_dir: /var/lib/gatehouse\n"
		 "trust_proxy: [127.0.0.1/32, 'fd00::/8']\n"
		 "management: { path: /manage/mcp, read_only: true }\n"
		 "registration: { mode: off, cimd: false, public_only: yes }\n"
		 "tokens: { access_ttl: 5m, refresh_ttl: 7d, alg: EdDSA, format: jwt }\n"
		 "limits: { body_mcp: 8m }\n"
		 "allow_origins: [https://app.example.com]\n"
		 "audit: { retention: 30d, export: [] }\n"
		 "http: { allow: [] }\n"
		 "account_selection: auto\n"
		 "clients:\n"
		 "  - { client_id: ci, client_secret: 0123456789abcdef0123, name: CI, redirect_uris: "
		 "[https://ci.example/cb], trusted: true }\n"
		 "resources:\n"
		 "  - path: /weather/mcp\n"
		 "    upstream: http://127.0.0.1:9000/mcp\n"
		 "    scopes: { \"weather:read\": See forecasts, \"weather:write\": Change stations }\n"
		 "    required_scopes: [\"weather:read\"]\n"
		 "  - url: https://other.example.com/mcp\n"
		 "    name: Other\n"
		 "roles: { member: [\"*.Read*\", \"Link.*\"] }\n");

	(void)state;
	if (o.e != OK)
		print_error("%.*s\n", FMT(o.problem.text));
	assert_int_equal(o.e, OK);
	assert_int_equal(o.config.trust_proxy_count, 2);
	assert_true(o.config.read_only);
	assert_int_equal(o.config.registration, REGISTRATION_OFF);
	assert_true(o.config.registration_public_only);
	assert_int_equal(o.config.access_ttl, 300);
	assert_int_equal(o.config.limit_body_mcp, 8 << 20);
	assert_int_equal(o.config.client_count, 1);
	same(o.config.clients[0].grant_types, "authorization_code refresh_token");
	assert_true(o.config.clients[0].secret_literal);
	assert_int_equal(o.config.resource_count, 2);
	same(o.config.resources[0].name, "weather");
	same(o.config.resources[0].required, "weather:read");
	assert_int_equal(o.config.resources[0].line, 17);
	same(o.config.resources[1].required, "mcp:tools");
	same(o.config.roles[2].patterns, "*.Read* Link.*");
	same(o.config.roles[0].patterns, "*");
	arena_unref(o.mem);
}

static void flags_win_over_the_environment_and_that_over_the_file(void **state)
{
	const struct pair env[] = { { "GATEHOUSE_LISTEN", "127.0.0.1:2" },
		{ "GATEHOUSE_TOKENS_ACCESS_TTL", "2m" }, { NULL, NULL } };
	const struct config_flag flags[] = { { S_INIT("--listen"), S_INIT("127.0.0.1:3") } };
	const char *file = "listen: 127.0.0.1:1\ntokens: { access_ttl: 1m, code_ttl: 30s }\n";
	struct outcome a = bind_world(file, env, NULL, flags, 1);
	struct outcome b = bind_world(file, env, NULL, NULL, 0);

	(void)state;
	assert_int_equal(a.e, OK);
	same(a.config.listen, "127.0.0.1:3");
	same(a.config.base_url, "http://localhost:3");
	assert_int_equal(a.config.access_ttl, 120);
	assert_int_equal(a.config.code_ttl, 30);
	same(b.config.listen, "127.0.0.1:2");
	arena_unref(a.mem);
	arena_unref(b.mem);
}

static void variables_and_files_are_taken(void **state)
{
	const struct pair env[] = { { "HOST", "auth.example.com" }, { "CI_SECRET", "from-the-environment-0" },
		{ NULL, NULL } };
	const struct pair files[] = { { "/run/secrets/key", "0123456789abcdef0123456789abcdef\n" },
		{ NULL, NULL } };
	struct outcome o = bind_world("base_url: https://${HOST}\n"
				      "trust_proxy: [127.0.0.1/32]\n"
				      "master_key: file:///run/secrets/key\n"
				      "clients: [{ client_id: ci, client_secret: \"${CI_SECRET}\", "
				      "redirect_uris: [https://ci.example/cb] }]\n",
	    env, files, NULL, 0);

	(void)state;
	assert_int_equal(o.e, OK);
	same(o.config.base_url, "https://auth.example.com");
	assert_true(secret_eq(o.config.master_key, secret_of(S("0123456789abcdef0123456789abcdef"))));
	assert_false(o.config.master_key_literal);
	same(o.config.clients[0].secret, "from-the-environment-0");
	assert_false(o.config.clients[0].secret_literal);
	arena_unref(o.mem);
}

static void included_files_append(void **state)
{
	const struct pair files[] = {
		{ "conf.d/a.yml", "resources: [{ path: /a/mcp, upstream: http://127.0.0.1:1/mcp }]\n" },
		{ "conf.d/b.yml", "resources: [{ path: /b/mcp, upstream: http://127.0.0.1:2/mcp }]\n" },
		{ NULL, NULL },
	};
	struct outcome o = bind_world(
	    "include: conf.d/*.yml\nresources: [{ path: /c/mcp, upstream: http://127.0.0.1:3/mcp }]\n", NULL,
	    files, NULL, 0);

	(void)state;
	assert_int_equal(o.e, OK);
	assert_int_equal(o.config.resource_count, 3);
	same(o.config.resources[0].path, "/c/mcp");
	same(o.config.resources[2].path, "/b/mcp");
	arena_unref(o.mem);
}

/* ---- every sentence -------------------------------------------------------------------------------------------------- */

#define R "resources:\n  - "
#define C "clients:\n  - "

static const struct {
	const char *yaml, *sentence;
} wrong[] = {
	{ "a: [", "gatehouse.yml:2:1: this is not YAML as we take it: did not find expected node content." },
	{ "- a\n", "gatehouse.yml:1:1: the file is a mapping of keys to values." },
	{ "lisen: x\n", "gatehouse.yml:1:1: there is no key `lisen`; did you mean `listen`?" },
	{ "colour: red\n",
	    "gatehouse.yml:1:1: there is no key `colour`; `gatehouse reference config` lists them." },
	{ "tokens:\n  acces_ttl: 5m\n",
	    "gatehouse.yml:2:3: there is no key `acces_ttl` in tokens; did you mean `access_ttl`?" },
	{ "tokens: 5\n", "gatehouse.yml:1:9: tokens has keys of its own: a mapping is expected here." },
	{ "listen: [a]\n", "gatehouse.yml:1:9: one value is expected here, not a list." },
	{ "listen: { a: b }\n", "gatehouse.yml:1:9: one value is expected here, not a mapping." },
	{ "base_url: http://a\nbase_url: http://b\n",
	    "gatehouse.yml:2:1: this is not YAML as we take it: key 'base_url' given twice." },
	{ "listen: 8080\n",
	    "gatehouse.yml:1:9: listen `8080` is not HOST:PORT: write localhost:8080 or 0.0.0.0:8080." },
	{ "listen: ':8080'\n",
	    "gatehouse.yml:1:9: listen `:8080` has no host: write localhost:PORT, or 0.0.0.0:PORT for every "
	    "address." },
	{ "listen: '127.0.0.1:70000'\n",
	    "gatehouse.yml:1:9: listen `127.0.0.1:70000` has a port outside 1 to 65535." },
	{ "listen: 'example.com:80'\n",
	    "gatehouse.yml:1:9: listen `example.com:80` is not an address of this machine: write an IPv4 "
	    "address, an IPv6 one in [brackets], or localhost." },
	{ "listen: 'unix:run'\n",
	    "gatehouse.yml:1:9: listen `unix:run` is no path: write unix:/run/gatehouse/http.sock." },
	{ "listen: 'unix:/run/x.sock'\n",
	    "gatehouse.yml:1:9: with a unix socket base_url must be given: the address that people use." },
	{ "ops: nowhere\n",
	    "gatehouse.yml:1:6: ops `nowhere` is not HOST:PORT: write localhost:8080 or 0.0.0.0:8080." },
	{ "ops: localhost:8080\n",
	    "gatehouse.yml:1:6: ops is the same address as listen; give it one of its own." },
	{ "base_url: auth.example.com\n",
	    "gatehouse.yml:1:11: base_url `auth.example.com` is not an address such as "
	    "https://auth.example.com." },
	{ "base_url: https://Auth.example.com\n",
	    "gatehouse.yml:1:11: base_url `https://Auth.example.com` has capital letters; clients compare it "
	    "letter by letter, so write it in lower case." },
	{ "base_url: https://a.example/\n",
	    "gatehouse.yml:1:11: base_url `https://a.example/` ends with a slash; leave it out, since "
	    "clients compare the text." },
	{ "base_url: https://a.example:443\n",
	    "gatehouse.yml:1:11: base_url `https://a.example:443` names the default port; leave it out, "
	    "since clients compare the text." },
	{ "base_url: ftp://a.example\n",
	    "gatehouse.yml:1:11: base_url `ftp://a.example` must begin with https:// or http://." },
	{ "base_url: https://u@a.example\n",
	    "gatehouse.yml:1:11: base_url `https://u@a.example` must have no user, ? or #." },
	{ "store: mysql://x\n",
	    "gatehouse.yml:1:8: store is sqlite, sqlite:PATH or postgres://USER@HOST/DB." },
	{ "data_dir: none\n",
	    "gatehouse.yml:1:11: data_dir can be `none` only with a PostgreSQL store and a master_key." },
	{ "master_key: short\n",
	    "gatehouse.yml:1:13: master_key has fewer than 32 characters; openssl rand -hex 32 makes one." },
	{ "master_key: file:///nowhere\n", "gatehouse.yml:1:13: the file /nowhere is not there." },
	{ "master_key: vault://secret/x#key\n",
	    "gatehouse.yml:1:13: vault:// is not served by this version yet; use file://PATH or "
	    "${VARIABLE}." },
	{ "master_key: \"${NOT_SET}\"\n",
	    "gatehouse.yml:1:13: the variable NOT_SET is not set in the environment; set it, or write the "
	    "value." },
	{ "base_url: \"${\"\n", "gatehouse.yml:1:11: a ${ is not followed by the name of a variable and }." },
	{ "trust_proxy: 127.0.0.1\n", "gatehouse.yml:1:14: trust_proxy is a list: [ONE, TWO]." },
	{ "trust_proxy: [127.0.0.1]\n",
	    "gatehouse.yml:1:15: `127.0.0.1` is not a network such as 127.0.0.1/32 or fd00::/8." },
	{ "trust_proxy: [127.0.0.1/33]\n",
	    "gatehouse.yml:1:15: `127.0.0.1/33` is not a network such as 127.0.0.1/32 or fd00::/8." },
	{ "allow_origins: ['*']\n",
	    "gatehouse.yml:1:17: `*` is not an origin such as https://app.example.com." },
	{ "allow_origins: [https://a.example/x]\n",
	    "gatehouse.yml:1:17: `https://a.example/x` is not an origin such as https://app.example.com." },
	{ "management: maybe\n",
	    "gatehouse.yml:1:13: `maybe` is not a value of management: write true or false." },
	{ "management: { path: mcp }\n",
	    "gatehouse.yml:1:21: management.path `mcp` must begin with / and say more than that." },
	{ "management: { path: /token }\n",
	    "gatehouse.yml:1:21: management.path `/token` is an address of Gatehouse itself." },
	{ "tokens: { alg: HS256 }\n",
	    "gatehouse.yml:1:16: `HS256` is not a value of tokens.alg: write ES256, RS256 or EdDSA." },
	{ "tokens: { alg: none }\n",
	    "gatehouse.yml:1:16: `none` is not a value of tokens.alg: write ES256, RS256 or EdDSA." },
	{ "registration: { mode: open }\n",
	    "gatehouse.yml:1:23: `open` is not a value of registration.mode: write per_client, shared or "
	    "off." },
	{ "registration: { mode: shared }\n",
	    "gatehouse.yml:1:23: with registration.mode shared, registration.client names one of "
	    "`clients`." },
	{ "registration: { mode: shared, client: all }\nclients:\n  - { client_id: all, client_secret: "
	  "0123456789abcdef0123, redirect_uris: [https://a.example/cb] }\n",
	    "gatehouse.yml:1:39: the client that everybody gets must be a public one: take client_secret out "
	    "of `all`." },
	{ "registration: { client: all }\n",
	    "gatehouse.yml:1:25: registration.client is for registration.mode shared only." },
	{ "registration: { cimd: perhaps }\n",
	    "gatehouse.yml:1:23: `perhaps` is not a value of registration.cimd: write true or false." },
	{ "registration: { allow_clients: [\"https://claude.ai\"] }\n",
	    "gatehouse.yml:1:33: `https://claude.ai` is not a host such as claude.ai, or a client_id." },
	{ "registration: { allow_clients: [\"https://claude.ai/\"] }\n",
	    "gatehouse.yml:1:33: `https://claude.ai/` is not a host such as claude.ai, or a client_id." },
	{ "registration: { allow_clients: [] }\n",
	    "gatehouse.yml:1:32: registration.allow_clients names nobody: leave it out to let all in, or "
	    "name "
	    "somebody." },
	{ "include: nowhere.yml\n", "gatehouse.yml:1:10: the file nowhere.yml is not there." },
	{ "tls: []\n", "gatehouse.yml:1:6: tls names no certificate; leave it out to serve in clear." },
	{ "clients:\n- client_id: a\n  jwks: { keys: [] }\n",
	    "gatehouse.yml:3:9: jwks is JSON text, in quotes: '{\"keys\": [...]}', or the path of a file "
	    "with it." },
	{ "resources:\n- { path: /w, upstream: \"http://127.0.0.1:1/\", scopes: { openid: Who } }\n",
	    "gatehouse.yml:2:58: openid means the same at every server, so this one cannot have its own: "
	    "choose "
	    "another name." },
	{ "resources:\n- { path: /w, upstream: \"http://127.0.0.1:1/\", scopes: { offline_access: Stay } }\n",
	    "gatehouse.yml:2:58: offline_access means the same at every server, so this one cannot have its "
	    "own: "
	    "choose another name." },
	{ "registration: { allow_clients: [\"*.claude.ai\"] }\n",
	    "gatehouse.yml:1:33: `*.claude.ai` is not a host such as claude.ai, or a client_id." },
	{ "outbound: { allow: [inside] }\n",
	    "gatehouse.yml:1:21: `inside` is not a network such as 127.0.0.1/32 or fd00::/8." },
	{ "outbound: { authorities: ca.pem }\n",
	    "gatehouse.yml:1:26: outbound.authorities is no whole path: write "
	    "/etc/gatehouse/authorities.pem." },
	{ "tokens: { access_ttl: soon }\n",
	    "gatehouse.yml:1:23: `soon` is not a value of tokens.access_ttl: write a duration such as 60s, "
	    "10m, 24h or 30d." },
	{ "tokens: { access_ttl: 2d }\n", "gatehouse.yml:1:23: tokens.access_ttl is 30s to 24h." },
	{ "tokens: { format: opaque }\n",
	    "gatehouse.yml:1:19: this version serves only tokens.format: jwt yet; write that, or leave it "
	    "out." },
	{ "limits: { body: lots }\n",
	    "gatehouse.yml:1:17: `lots` is not a value of limits.body: write a number of bytes such as "
	    "65536, 64k or 4m." },
	{ "limits: { connections: -1 }\n",
	    "gatehouse.yml:1:24: `-1` is not a value of limits.connections: write a number, 0 or more." },
	{ "limits: { connections: 1 }\n", "gatehouse.yml:1:24: limits.connections is 16 to 10000000." },
	{ "audit: { export: [syslog://x] }\n",
	    "gatehouse.yml:1:10: this version does not serve audit.export yet; leave it empty." },
	{ "smtp: { url: smtp://x }\n",
	    "gatehouse.yml:1:1: this version does not serve `smtp` yet; take it out. (Mail. Until then, "
	    "sign-in links are printed: gatehouse link EMAIL.)" },
	{ "providers: []\n",
	    "gatehouse.yml:1:1: this version does not serve `providers` yet; take it out. (Upstream identity "
	    "providers.)" },
	{ "tls: a\n",
	    "gatehouse.yml:1:6: a certificate is a mapping: { cert: fullchain.pem, key: key.pem }." },
	{ "tls: [a]\n",
	    "gatehouse.yml:1:7: a certificate is a mapping: { cert: fullchain.pem, key: key.pem }." },
	{ "tls: { cert: a }\n",
	    "gatehouse.yml:1:6: a certificate has both files: { cert: fullchain.pem, key: key.pem }." },
	{ "tls: { cert: a, key: b, keys: c }\n",
	    "gatehouse.yml:1:25: there is no key `keys` in tls; did you mean `key`?" },
	{ "tls: { cert: a, key: file:///run/key }\n",
	    "gatehouse.yml:1:22: key is the path of a PEM file, relative to this one." },
	{ "tls: { cert: \"\", key: b }\n",
	    "gatehouse.yml:1:14: cert is the path of a PEM file, relative to this one." },
	{ "tls: { acme: true, email: a@example.com }\n",
	    "gatehouse.yml:1:8: this version does not fetch certificates by itself; let certbot or the "
	    "program of your CA write them, give the files as cert and key, and let it run `gatehouse "
	    "reload` after each renewal." },
	{ "tls: { cert: a, key: b }\nbase_url: http://a.example\n",
	    "gatehouse.yml:2:11: base_url is http, but tls is given: begin it with https://." },
	{ "tls: { cert: a, key: b }\nlisten: unix:/run/a\nbase_url: https://a.example\n",
	    "gatehouse.yml:1:6: a unix socket is served in clear: listen on HOST:PORT, or leave tls to the "
	    "proxy." },
	{ "base_url: https://a.example\n",
	    "gatehouse.yml:1:11: base_url is https, but nothing here speaks it: " MEND },
	{ "listen: 0.0.0.0:443\nbase_url: http://a.example\n",
	    "gatehouse.yml:1:9: listen is port 443, where clients speak https, but nothing here "
	    "does: " MEND },

	{ "resources: { a: b }\n", "gatehouse.yml:1:12: resources are a list: - path: /weather/mcp ..." },
	{ "resources: [a]\n", "gatehouse.yml:1:13: a resource is a mapping: path, upstream, name ..." },
	{ R "name: A\n",
	    "gatehouse.yml:2:5: a resource has either a path here or the url of a server elsewhere." },
	{ R "path: /a/mcp\n",
	    "gatehouse.yml:2:5: a resource at a path has an upstream: the address of its MCP server." },
	{ R "path: a\n", "gatehouse.yml:2:11: the path `a` must begin with / and say more than that." },
	{ R "path: /a/\n",
	    "gatehouse.yml:2:11: the path `/a/` must not end with /; requests with one are served all the "
	    "same." },
	{ R "path: /a//b\n", "gatehouse.yml:2:11: the path `/a//b` has an empty part or one of dots." },
	{ R "path: /a/../b\n", "gatehouse.yml:2:11: the path `/a/../b` has an empty part or one of dots." },
	{ R "path: /a%2fb\n",
	    "gatehouse.yml:2:11: the path `/a%2fb` has characters other than letters, digits and - . _ ~ "
	    "/." },
	{ R "path: /login\n", "gatehouse.yml:2:11: the path `/login` is an address of Gatehouse itself." },
	{ R "path: /.well-known/x\n",
	    "gatehouse.yml:2:11: the path `/.well-known/x` is an address of Gatehouse itself." },
	{ R "path: /api/v1/x\n",
	    "gatehouse.yml:2:11: the path `/api/v1/x` is an address of Gatehouse itself." },
	{ R "{ path: /mcp, upstream: http://127.0.0.1:1 }\n",
	    "gatehouse.yml:2:3: the resource of line 2 is at /mcp, where the management server answers; give "
	    "one of them another path." },
	{ R "upstream: 127.0.0.1:9000\n",
	    "gatehouse.yml:2:15: the upstream is not an address such as http://127.0.0.1:9000/mcp." },
	{ R "upstream: https://a.example/mcp\n",
	    "gatehouse.yml:2:15: the upstream is an https address, which this version does not call yet; put "
	    "the server or a local proxy at an http one." },
	{ R "upstream: http://u:p@a/mcp\n",
	    "gatehouse.yml:2:15: the upstream must have no user or password in it." },
	{ R "upstream: http://a/mcp?x=1\n", "gatehouse.yml:2:15: the upstream must have no ? and no #." },
	{ R "url: http://a.example/mcp\n",
	    "gatehouse.yml:2:10: url is the server's https address, without user, ? and #." },
	{ R "{ url: https://a.example/mcp, upstream: http://a/mcp }\n",
	    "gatehouse.yml:2:5: this version serves upstreams at a path of its own host only: write path "
	    "instead of url." },
	{ R "policies: {}\n",
	    "gatehouse.yml:2:5: this version does not serve `policies` of resources yet; take it out." },
	{ R "tools: {}\n",
	    "gatehouse.yml:2:5: this version does not serve `tools` of resources yet; take it out." },
	{ R "scope: {}\n",
	    "gatehouse.yml:2:5: there is no key `scope` in resources; did you mean `scopes`?" },
	{ R "scopes: [a]\n",
	    "gatehouse.yml:2:13: scopes are a mapping: { \"weather:read\": \"See forecasts\" }." },
	{ R "scopes: { \"a b\": C }\n",
	    "gatehouse.yml:2:15: a scope has visible ASCII characters only, without \" and \\." },
	{ R "scopes: { a: \"\" }\n",
	    "gatehouse.yml:2:18: say in a few words what a allows: the consent page shows it." },
	{ R "{ path: /a/mcp, upstream: http://a/mcp, required_scopes: [b] }\n",
	    "gatehouse.yml:2:62: `b` is required, but scopes does not name it." },
	{ R "{ path: /a/mcp, upstream: http://a/mcp }\n  - { path: /a/mcp, upstream: http://b/mcp }\n",
	    "gatehouse.yml:3:5: another resource has the address /a/mcp already, at line 2." },
	{ R "name: \"\"\n", "gatehouse.yml:2:11: a name has 1 to 100 visible characters." },

	{ "clients: a\n", "gatehouse.yml:1:10: clients are a list: - client_id: ci ..." },
	{ "clients: [a]\n", "gatehouse.yml:1:11: a client is a mapping: client_id, redirect_uris ..." },
	{ C "name: A\n", "gatehouse.yml:2:5: a client has a client_id." },
	{ C "client_id: a b\n",
	    "gatehouse.yml:2:16: a client_id has 1 to 128 letters, digits and - . _ ~ only." },
	{ C "client_id: ci\n",
	    "gatehouse.yml:2:5: a client has redirect_uris: where people are sent back to." },
	{ C "client_id: user_0000000000000\n",
	    "gatehouse.yml:2:16: a client_id does not begin with user_, as people's ids do: servers could "
	    "take the "
	    "client for a person." },
	{ C "client_secret: short\n",
	    "gatehouse.yml:2:20: a client_secret has 16 or more visible ASCII characters; openssl rand -hex "
	    "32 makes one." },
	{ C "redirect_uris: [http://a.example/cb]\n",
	    "gatehouse.yml:2:21: nobody may be sent to this redirect URI: use https, http on localhost, "
	    "127.0.0.1 or [::1], or a private-use scheme with "
	    "a host." },
	{ C "grant_types: [password]\n",
	    "gatehouse.yml:2:18: `password` is no grant type that this server knows; authorization_code, "
	    "refresh_token, client_credentials, device_code, token-exchange and jwt-bearer are." },
	{ C "{ client_id: ci, grant_types: [client_credentials] }\n",
	    "gatehouse.yml:2:5: a client with client_credentials has a client_secret or keys: without one "
	    "anybody could be it." },
	{ C "{ client_id: ci, grant_types: [token-exchange] }\n",
	    "gatehouse.yml:2:5: a client with urn:ietf:params:oauth:grant-type:token-exchange has a "
	    "client_secret or keys: without one anybody could be it." },
	{ C "client_secret: []\n", "gatehouse.yml:2:20: client_secret is one secret, or two: [NEW, OLD]." },
	{ C "client_secret: [aaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbb, cccccccccccccccc]\n",
	    "gatehouse.yml:2:20: client_secret is one secret, or two: [NEW, OLD]." },
	{ C "client_secret: [aaaaaaaaaaaaaaaa, short]\n",
	    "gatehouse.yml:2:39: a client_secret has 16 or more visible ASCII characters; openssl rand -hex "
	    "32 makes one." },
	{ C "token_endpoint_auth_method: client_secret_jwt\n",
	    "gatehouse.yml:2:33: a token_endpoint_auth_method is none, client_secret_basic, "
	    "client_secret_post or private_key_jwt." },
	{ C "{ client_id: ci, token_endpoint_auth_method: private_key_jwt }\n",
	    "gatehouse.yml:2:5: private_key_jwt goes with jwks or jwks_uri, and these with it." },
	{ C "{ client_id: ci, token_endpoint_auth_method: none, jwks_uri: https://a.example/k }\n",
	    "gatehouse.yml:2:5: private_key_jwt goes with jwks or jwks_uri, and these with it." },
	{ C "{ client_id: ci, token_endpoint_auth_method: client_secret_post }\n",
	    "gatehouse.yml:2:5: client_secret_post goes with a client_secret." },
	{ C "{ client_id: ci, token_endpoint_auth_method: none, client_secret: aaaaaaaaaaaaaaaa }\n",
	    "gatehouse.yml:2:5: none goes without a client_secret." },
	{ C "{ client_id: ci, jwks_uri: https://a.example/k, client_secret: aaaaaaaaaaaaaaaa }\n",
	    "gatehouse.yml:2:5: a client has keys or a client_secret, not both." },
	{ C "{ client_id: ci, jwks_uri: https://a.example/k, jwks: '{\"keys\":[]}' }\n",
	    "gatehouse.yml:2:5: a client has jwks or jwks_uri, not both." },
	{ C "jwks_uri: http://a.example/keys\n", "gatehouse.yml:2:15: jwks_uri is an https address." },
	{ C "jwks: '{}'\n",
	    "gatehouse.yml:2:11: jwks is a key set, '{\"keys\": [...]}', or the path of a file with one." },
	{ C "backchannel_logout_uri: http://a.example/out\n",
	    "gatehouse.yml:2:29: backchannel_logout_uri is an https address." },
	{ C "post_logout_redirect_uris: ['javascript:1']\n",
	    "gatehouse.yml:2:33: nobody may be sent to this redirect URI: use https, http on localhost, "
	    "127.0.0.1 or [::1], or a private-use scheme with "
	    "a host." },
	{ C "dpop_bound_access_tokens: 2\n",
	    "gatehouse.yml:2:31: dpop_bound_access_tokens is true or false." },
	{ C "{ client_id: ci, resources: [https://a.example/mcp] }\n",
	    "gatehouse.yml:2:5: a client with client_credentials has a client_secret or keys: without one "
	    "anybody could be it." },
	{ C "{ client_id: ci, redirect_uris: [https://a.example/cb], resources: [https://a.example/mcp] }\n",
	    "gatehouse.yml:2:5: a client with resources has a client_secret or keys: it is told what tokens "
	    "say." },
	{ C "resources: [weather]\n",
	    "gatehouse.yml:2:16: resources of a client are the addresses of the servers that it is: "
	    "[https://weather.example.com/mcp]." },
	{ C "role: king\n", "gatehouse.yml:2:11: a role is owner, admin or member." },
	{ C "scopes: ['a\"b']\n", "gatehouse.yml:2:13: `a\"b` is not a scope." },
	{ C "scopes: a\n", "gatehouse.yml:2:13: a list is expected here: [ONE, TWO]." },
	{ C "trusted: maybe\n", "gatehouse.yml:2:14: trusted is true or false." },
	{ C "redirect_uri: []\n",
	    "gatehouse.yml:2:5: there is no key `redirect_uri` in clients; did you mean `redirect_uris`?" },
	{ C "{ client_id: ci, redirect_uris: [https://a.example/cb], trusted: true }\n",
	    "gatehouse.yml:2:5: a trusted client has a client_secret or keys: without one anybody could be "
	    "it, and no page would ask." },
	{ C "{ client_id: ci, redirect_uris: [https://a.example/cb] }\n  - { client_id: ci }\n",
	    "gatehouse.yml:3:5: another client has this client_id already, at line 2." },

	{ "roles: [a]\n", "gatehouse.yml:1:8: roles are a mapping: { member: [\"*.Read*\"] }." },
	{ "roles: { members: [] }\n",
	    "gatehouse.yml:1:10: there is no key `members` in roles; did you mean `member`?" },
};

static void every_sentence(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct outcome o = bind(wrong[i].yaml);
		str got = o.e == OK ? S("accepted") : o.problem.text;
		if (o.e != ERR_PARAM_VALUE || !str_eq(got, str_of(wrong[i].sentence))) {
			print_error(
			    "yaml: %s\ngot:  %.*s\nwant: %s\n", wrong[i].yaml, FMT(got), wrong[i].sentence);
			bad++;
		}
		arena_unref(o.mem);
	}
	assert_int_equal(bad, 0);
}

static void what_is_wrong_outside_the_file_names_its_place(void **state)
{
	const struct pair env[] = { { "GATEHOUSE_TOKENS_ACCESS_TTL", "soon" }, { NULL, NULL } };
	const struct config_flag flags[] = { { S_INIT("--listen"), S_INIT("80") } };
	const struct pair files[] = { { "conf.d/a.yml", "include: conf.d/b.yml\n" }, { NULL, NULL } };
	const struct pair twice[] = { { "conf.d/a.yml", "listen: localhost:1\n" }, { NULL, NULL } };
	struct outcome a = bind_world(NULL, env, NULL, NULL, 0);
	struct outcome b = bind_world(NULL, NULL, NULL, flags, 1);
	struct outcome c = bind_world("include: conf.d/*.yml\n", NULL, files, NULL, 0);
	struct outcome d = bind_world("include: conf.d/*.yml\nlisten: localhost:2\n", NULL, twice, NULL, 0);

	(void)state;
	same(a.problem.text,
	    "GATEHOUSE_TOKENS_ACCESS_TTL: `soon` is not a value of tokens.access_ttl: write a duration such "
	    "as 60s, 10m, 24h or 30d.");
	same(b.problem.text, "--listen: listen `80` is not HOST:PORT: write localhost:8080 or 0.0.0.0:8080.");
	same(c.problem.text, "conf.d/a.yml:1:1: an included file includes no others.");
	same(d.problem.text,
	    "conf.d/a.yml:1:1: listen is set already, at gatehouse.yml:2:9; keep one of the two.");
	arena_unref(a.mem);
	arena_unref(b.mem);
	arena_unref(c.mem);
	arena_unref(d.mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file_everything_is_default),
		cmocka_unit_test(everything_that_is_served_is_read),
		cmocka_unit_test(certificates_are_found_beside_the_file_and_make_the_address_https),
		cmocka_unit_test(https_needs_somebody_who_speaks_it),
		cmocka_unit_test(flags_win_over_the_environment_and_that_over_the_file),
		cmocka_unit_test(variables_and_files_are_taken),
		cmocka_unit_test(included_files_append),
		cmocka_unit_test(every_sentence),
		cmocka_unit_test(what_is_wrong_outside_the_file_names_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
