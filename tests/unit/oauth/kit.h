/*
 * kit: a whole authorization server in memory for tests and fuzzers: a site, a store, a person, and a runner
 * that takes a handler's steps through their lanes as app does. Time is k->now, nothing sleeps.
 *
 * Every WRITE step runs in a group beside a job that fails, so each is thrown away once and runs again: a
 * step that left a mark outside its transaction does not pass here.
 */
#ifndef TEST_OAUTH_KIT_H
#define TEST_OAUTH_KIT_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../store/rows.h" /* the fuzzers have no path to it */
#include "base/enc.h"
#include "base/log.h"
#include "client/client_seal.h"
#include "client/handlers.h"
#include "core/ctx.h"
#include "core/fetch.h"
#include "core/outside.h"
#include "core/recall.h"
#include "crypto/crypto.h"
#include "http/form.h"
#include "jose/jwt.h"
#include "oauth/handlers.h"
#include "oauth/metadata.h"
#include "store/db.h"

#define KIT static __attribute__((unused))

/* A test that cannot begin has nothing to say. */
#define MUST(truth)                                                                 \
	do {                                                                        \
		if (!(truth)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #truth); \
			abort();                                                    \
		}                                                                   \
	} while (0)

#define KIT_NOW 1800000000 /* 2027-01-15 */
#define KIT_USER 42
#define KIT_SESSION 77
#define KIT_SECRET "gh_cs_the-secret-of-ci"
#define KIT_VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" /* RFC 7636 appendix B */
#define KIT_CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define ISSUER "https://auth.example"
#define WEATHER ISSUER "/weather/mcp"
#define MANAGEMENT ISSUER "/mcp"

struct kit {
	struct arena *mem; /* of everything here and of every answer */
	struct db *reader, *writer;
	sqlite3 *raw; /* a third handle, for looking at rows */
	struct config config;
	struct site site;
	struct resource resources[4];
	struct client clients[4];
	struct config_client config_clients[4];
	void (*meanwhile)(struct kit *k); /* happens once, while the next request waits for WRITE */
	int64_t now;
	int64_t requests;   /* each begins a millisecond of its own */
	struct actor actor; /* who is signed in; session 0: nobody */
	str browser;
	const struct fetch_port *fetch; /* of steps on FETCH */
};

/* What came back. */
struct answer {
	enum err err;
	struct fail fail;
	struct http_reply reply;
	str body, location;
	int page;
	const void *view;
	const struct effect *effects;
	int writes; /* steps that ran on WRITE */
};

/* One request. */
struct sent {
	enum err (*handler)(struct ctx *c);
	enum lane lane;
	enum http_method method;
	str path, query, body, type, authorization, dpop;
};

KIT void kit_sql(struct kit *k, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(k->raw, sql, NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, why ? why : "?");
		abort();
	}
}

/* One number out of the store. */
KIT int64_t kit_count(struct kit *k, const char *sql)
{
	sqlite3_stmt *s = NULL;

	MUST(sqlite3_prepare_v2(k->raw, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* A number for all rows of the protocol's tables: the same before and after, when nothing changed. */
KIT uint64_t kit_state(struct kit *k)
{
	static const char *const tables[] = { "client", "txn", "pushed", "device", "code", "grants",
		"consent", "revocation", "audit", "replay", "logout_notice", NULL };

	return rows_digest(k->raw, tables);
}

KIT void kit_keys(struct kit *k)
{
	static unsigned char bytes[4][32];
	static struct pkey *key; /* of the process: making one is slow */
	struct jwk *jwk = NEW(k->mem, struct jwk);
	struct jwks *set = NEW(k->mem, struct jwks);

	if (!key)
		MUST(pkey_make(ALG_ES256, &key) == OK);
	for (int i = 0; i < 4; i++)
		memset(bytes[i], 'a' + i, sizeof bytes[i]);
	*jwk = (struct jwk){ S("k1"), key };
	*set = (struct jwks){ jwk, 1 };
	k->site.signing = jwk;
	k->site.keys = set;
	k->site.key_refresh = (struct secret){ bytes[0], 32 };
	k->site.key_client = (struct secret){ bytes[1], 32 };
	k->site.key_form = (struct secret){ bytes[2], 32 };
	k->site.key_nonce = (struct secret){ bytes[3], 32 };
	MUST(jwks_write(k->mem, set, &k->site.json_jwks) == OK);
}

KIT void kit_resources(struct kit *k)
{
	static const struct scope_word weather[] = {
		{ S_INIT("weather:read"), S_INIT("See forecasts") },
		{ S_INIT("weather:write"), S_INIT("Change stations") },
	};

	k->resources[0] = (struct resource){
		.path = S("/mcp"),
		.identifier = S(MANAGEMENT),
		.name = S("Gatehouse"),
		.management = true,
		.scopes = S("users:read users:write clients:read"),
		.challenge = S("users:read clients:read"),
	};
	k->resources[1] = (struct resource){
		.path = S("/weather/mcp"),
		.identifier = S(WEATHER),
		.name = S("Weather"),
		.upstream = S("http://127.0.0.1:9000/mcp"),
		.scopes = S("weather:read weather:write"),
		.words = weather,
		.word_count = 2,
		.required = S("weather:read"),
		.challenge = S("weather:read"),
	};
	k->resources[2] = (struct resource){
		.path = S("/notes/mcp"),
		.identifier = S(ISSUER "/notes/mcp"),
		.name = S("Notes"),
		.scopes = S("mcp:tools"),
		.required = S("mcp:tools"),
		.challenge = S("mcp:tools"),
	};
	k->site.resources = k->resources;
	k->site.resource_count = 2; /* the third one is there for tests that want a choice */
}

KIT void kit_clients(struct kit *k)
{
	k->clients[0] = (struct client){
		/* confidential, of the file */
		.client_id = S("ci"),
		.name = S("CI"),
		.origin = CLIENT_CONFIG,
		.auth_method = S("client_secret_basic"),
		.secret_hash = sha256_str(k->mem, S(KIT_SECRET)),
		.redirect_uris = S("https://ci.example/cb"),
		.grant_types = S("authorization_code refresh_token"),
	};
	k->clients[1] = (struct client){
		/* an application of the house */
		.client_id = S("app"),
		.name = S("App"),
		.origin = CLIENT_CONFIG,
		.auth_method = S("none"),
		.redirect_uris = S("https://client.example/cb"),
		.grant_types = S("authorization_code refresh_token"),
	};
	k->clients[2] = (struct client){
		/* limited by the file, and without refresh */
		.client_id = S("narrow"),
		.name = S("Narrow"),
		.origin = CLIENT_CONFIG,
		.auth_method = S("none"),
		.redirect_uris = S("https://narrow.example/a https://narrow.example/b"),
		.grant_types = S("authorization_code"),
		.scope = S("weather:read"),
	};
	k->config_clients[0] = (struct config_client){ .client_id = S("ci") };
	k->config_clients[1] = (struct config_client){ .client_id = S("app"), .trusted = true };
	k->config_clients[2] = (struct config_client){ .client_id = S("narrow") };
	k->site.clients = k->clients;
	k->site.client_count = 3;
	k->config.clients = k->config_clients;
	k->config.client_count = 3;
}

KIT void kit_sign_in(struct kit *k, int64_t auth_time)
{
	k->actor = (struct actor){
		.session = KIT_SESSION,
		.sid = KIT_SESSION,
		.user = KIT_USER,
		.email = S("ann@example.com"),
		.name = S("Ann"),
		.role = S("owner"),
		.auth_time = auth_time,
		.methods = S("password"),
	};
}

KIT void kit_no_internet(
    void *arg, str url, const struct fetch_policy *policy, struct arena *mem, struct fetch_answer *out)
{
	(void)arg, (void)url, (void)policy, (void)mem;
	*out = (struct fetch_answer){ .result = FETCH_NAME, .why = S("no internet in here") };
}

static __attribute__((unused)) const struct fetch_port kit_nowhere = { kit_no_internet, NULL };

KIT void kit_start(struct kit *k)
{
	static int number;
	char name[64];

	MUST(crypto_start() == OK);
	log_set_level(LOG_LEVEL_ERROR);
	memset(k, 0, sizeof *k);
	k->mem = arena_new(64 << 20);
	k->now = KIT_NOW;
	k->browser = S("the-browser-of-ann");
	k->config = (struct config){
		.mem = k->mem,
		.base_url = S(ISSUER),
		.management = true,
		.management_path = S("/mcp"),
		.registration = REGISTRATION_PER_CLIENT,
		.registration_cimd = true,
		.access_ttl = 600,
		.refresh_ttl = 30 * 86400,
		.code_ttl = 60,
		.refresh_grace = 120,
	};
	k->site = (struct site){
		.mem = k->mem, .config = &k->config, .tenant = { 1, S("Example"), S(ISSUER) }, .secure = true
	};
	k->site.outside = outside_new();
	k->fetch = &kit_nowhere;
	kit_keys(k);
	kit_resources(k);
	kit_clients(k);
	k->site.self =
	    (struct resource){ .identifier = S(ISSUER), .name = k->site.tenant.name, .declared = true };
	k->site.json_as = metadata_write(k->mem, &k->site);

	int n = snprintf(name, sizeof name, "sqlite::memory:kit%d", ++number);
	str url = { name, (size_t)n };
	MUST(db_open(url, DB_WRITE, &k->writer) == OK && db_migrate(k->writer) == OK);
	MUST(db_open(url, DB_READ, &k->reader) == OK);
	snprintf(name, sizeof name, "file:/kit%d?vfs=memdb", number);
	MUST(sqlite3_open_v2(name, &k->raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, NULL) == SQLITE_OK);
	kit_sql(k,
	    "INSERT INTO users (id, tenant, email, name, role, status, password, generation, created, "
	    "updated, last_login) "
	    "VALUES (42, 1, 'ann@example.com', 'Ann', 'owner', 'active', '', 0, 1, 1, 1)");
	kit_sign_in(k, k->now - 100);
}

KIT void kit_stop(struct kit *k)
{
	recall_free(k->site.recall);
	sqlite3_close(k->raw);
	db_close(k->reader);
	db_close(k->writer);
	outside_free(k->site.outside);
	arena_unref(k->mem);
}

/* A kit for each test, as cmocka wants to begin and end it. */
KIT int kit_setup(void **state)
{
	struct kit *k = malloc(sizeof *k);

	kit_start(k);
	*state = k;
	return 0;
}

KIT int kit_teardown(void **state)
{
	kit_stop(*state);
	free(*state);
	return 0;
}

/* ---- running the steps of one request */

struct kit_job {
	struct ctx *c;
	enum err (*step)(struct ctx *c);
	const struct effect *before;
};

KIT enum err kit_write(struct db *db, void *arg)
{
	struct kit_job *job = arg;

	job->c->db = db;
	job->c->effects = job->before; /* what the try before this one pushed never happened */
	return job->step(job->c);
}

KIT enum err kit_fail_once(struct db *db, void *arg)
{
	bool *failed = arg;

	(void)db;
	if (*failed)
		return OK;
	*failed = true;
	return ERR_STORE;
}

KIT enum err kit_step(struct kit *k, struct ctx *c, enum err (*step)(struct ctx *c))
{
	bool failed = false;
	struct kit_job job = { c, step, c->effects };
	struct db_job real = { .run = kit_write, .arg = &job },
		      bad = { .run = kit_fail_once, .arg = &failed };
	struct db_job *jobs[] = { &real, &bad };

	c->db = c->lane == LANE_READ ? k->reader : NULL;
	c->fetch = c->lane == LANE_FETCH ? k->fetch : NULL;
	if (c->lane != LANE_WRITE)
		return step(c);
	db_group(k->writer, jobs, 2);
	c->db = NULL;
	return real.result;
}

KIT struct http_header *kit_headers(struct kit *k, const struct sent *s, struct http_req *req)
{
	struct http_header *h = NEW_ARRAY(k->mem, struct http_header, 3);

	if (s->type.n)
		h[req->header_count++] = (struct http_header){ S("Content-Type"), s->type };
	if (s->authorization.n)
		h[req->header_count++] = (struct http_header){ S("Authorization"), s->authorization };
	if (s->dpop.n)
		h[req->header_count++] = (struct http_header){ S("DPoP"), s->dpop };
	return h;
}

KIT struct answer kit_send(struct kit *k, const struct sent *s)
{
	struct http_req req = { .method = s->method,
		.method_text = s->method == HTTP_POST ? S("POST") : S("GET"),
		.path = s->path,
		.query = s->query,
		.body = s->body,
		.length = -1 };
	struct answer a = { .err = OK };
	struct ctx *c = NEW(k->mem, struct ctx);
	enum err (*step)(struct ctx * c) = s->handler;

	req.headers = kit_headers(k, s, &req);
	*c = (struct ctx){
		.mem = k->mem,
		.now = k->now,
		.now_ms = k->now * 1000 + k->requests++ % 1000,
		.site = &k->site,
		.req = &req,
		.reply = &a.reply,
		.actor = k->actor,
		.lane = s->lane,
		.browser = secret_of(k->browser),
	};
	a.err = form_parse(k->mem, s->query, &c->query);
	if (a.err == OK && s->method == HTTP_POST && str_eq(s->type, S("application/x-www-form-urlencoded")))
		a.err = form_parse(k->mem, s->body, &c->form);
	a.fail.code = a.err;
	if (a.err != OK)
		return a; /* what app refuses before any handler runs */

	while ((a.err = kit_step(k, c, step)) == ERR_NEED) {
		c->lane = c->need;
		step = c->next;
		if (c->lane == LANE_WRITE && k->meanwhile) {
			void (*meanwhile)(struct kit * k) = k->meanwhile;
			k->meanwhile = NULL;
			meanwhile(k);
		}
		a.writes += c->lane == LANE_WRITE;
	}
	a.fail = c->fail;
	a.body = a.reply.body;
	for (size_t i = 0; i < a.reply.header_count; i++)
		if (str_eq(a.reply.headers[i].name, S("Location")))
			a.location = a.reply.headers[i].value;
	a.page = c->page;
	a.view = c->view;
	a.effects = c->effects;
	return a;
}

KIT str kit_header(const struct answer *a, const char *name)
{
	for (size_t i = 0; i < a->reply.header_count; i++)
		if (str_ieq(a->reply.headers[i].name, str_of(name)))
			return a->reply.headers[i].value;
	return (str){ NULL, 0 };
}

/* ---- the addresses */

KIT struct answer kit_authorize(struct kit *k, str query)
{
	return kit_send(k, &(struct sent){ authorize_start, LANE_READ, HTTP_GET, S("/authorize"), query });
}

KIT struct answer kit_post(struct kit *k, enum err (*handler)(struct ctx *c), enum lane lane, str body)
{
	return kit_send(k,
	    &(struct sent){ handler, lane, HTTP_POST, S("/"), { NULL, 0 }, body,
		S("application/x-www-form-urlencoded") });
}

KIT struct answer kit_token(struct kit *k, str body)
{
	return kit_post(k, token_start, LANE_LOOP, body);
}

KIT struct answer kit_revoke(struct kit *k, str body)
{
	return kit_post(k, revoke_start, LANE_LOOP, body);
}

KIT struct answer kit_consent(struct kit *k, str query)
{
	return kit_send(k, &(struct sent){ consent_show, LANE_READ, HTTP_GET, S("/consent"), query });
}

KIT struct answer kit_decide(struct kit *k, str body)
{
	return kit_post(k, consent_decide, LANE_READ, body);
}

KIT struct answer kit_register(struct kit *k, str json)
{
	return kit_send(k,
	    &(struct sent){ register_client, LANE_LOOP, HTTP_POST, S("/register"), { NULL, 0 }, json,
		S("application/json") });
}

/* RFC 7592, with a bearer token (empty: none) and a body (empty: none). */
KIT struct answer kit_manage(struct kit *k, enum http_method method, str id, str token, str json)
{
	return kit_send(k,
	    &(struct sent){ register_manage, LANE_LOOP, method,
		arena_printf(k->mem, "/register/%.*s", FMT(id)), { NULL, 0 }, json,
		json.n ? S("application/json") : S(""),
		token.n ? arena_printf(k->mem, "Bearer %.*s", FMT(token)) : S("") });
}

/* ---- taking answers apart */

/*
 * A parameter of the address that the browser is sent to, decoded; p NULL when it is not there. More than
 * one: aborts.
 */
KIT str kit_param(struct kit *k, str location, const char *name)
{
	struct form f;
	str head, query, none = { NULL, 0 };
	size_t found = 0;

	if (!str_cut(location, '?', &head, &query))
		return none;
	MUST(form_parse(k->mem, query, &f) == OK);
	for (size_t i = 0; i < f.count; i++)
		found += str_eq(f.fields[i].name, str_of(name));
	MUST(found <= 1);
	return form_get(&f, str_of(name));
}

KIT const struct json *kit_json(struct kit *k, str body)
{
	const struct json *o = NULL;

	MUST(json_parse(k->mem, body, &o, NULL) == OK && o->type == JSON_OBJECT);
	return o;
}

/* The claims of an access token of ours; aborts when it is none. */
KIT const struct json *kit_claims(struct kit *k, str token)
{
	struct jwt t;
	struct jwt_expect want = { .typ = S("at+jwt"), .issuer = S(ISSUER), .now = k->now };

	MUST(jwt_verify(k->mem, token, k->site.keys, &want, &t) == OK);
	return t.claims;
}

/* ---- whole flows */

#define KIT_QUERY(client, redirect)                                                                       \
	"response_type=code&client_id=" client "&redirect_uri=" redirect "&code_challenge=" KIT_CHALLENGE \
	"&code_challenge_method=S256&state=xyz"
#define KIT_APP KIT_QUERY("app", "https%3A%2F%2Fclient.example%2Fcb")
#define KIT_CI KIT_QUERY("ci", "https%3A%2F%2Fci.example%2Fcb")

/* A code for the trusted client. */
KIT str kit_code(struct kit *k)
{
	struct answer a = kit_authorize(
	    k, S(KIT_APP "&resource=https%3A%2F%2Fauth.example%2Fweather%2Fmcp&scope=weather:read"));
	str code = kit_param(k, a.location, "code");

	MUST(a.err == OK && code.n);
	return code;
}

KIT str kit_redeem_body(struct kit *k, str code)
{
	return arena_printf(k->mem,
	    "grant_type=authorization_code&client_id=app&code=%.*s&code_verifier=" KIT_VERIFIER
	    "&redirect_uri=https%%3A%%2F%%2Fclient.example%%2Fcb",
	    FMT(code));
}

/* Tokens for the trusted client. */
KIT const struct json *kit_tokens(struct kit *k)
{
	struct answer a = kit_token(k, kit_redeem_body(k, kit_code(k)));

	MUST(a.err == OK && a.reply.status == 200);
	return kit_json(k, a.body);
}

KIT str kit_refresh_body(struct kit *k, str token)
{
	return arena_printf(k->mem, "grant_type=refresh_token&client_id=app&refresh_token=%.*s", FMT(token));
}

/* A sealed public client with these redirect URIs (a JSON array's text). */
KIT str kit_sealed(struct kit *k, const char *redirect_uris)
{
	struct answer a = kit_register(k,
	    arena_printf(k->mem,
		"{\"redirect_uris\":%s,\"client_name\":\"Some "
		"Client\",\"token_endpoint_auth_method\":\"none\"}",
		redirect_uris));

	MUST(a.err == OK && a.reply.status == 201);
	return json_get_str(kit_json(k, a.body), S("client_id"));
}

#endif
