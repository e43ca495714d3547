/* The site made of a configuration and a store of its own. */
#include "app/site_load.h"
#include "base/json.h"
#include "base/log.h"
#include "base/unit.h"
#include "jose/jwt.h"
#include "sql_gen.h"
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
	char dir[64], url[128];
	struct db *db;
	struct arena *mem;
	struct buf why;
} rig;

static int start(void **state)
{
	(void)state;
	log_set_fd(-1);
	snprintf(rig.dir, sizeof rig.dir, "/tmp/site-XXXXXX");
	assert_non_null(mkdtemp(rig.dir));
	snprintf(rig.url, sizeof rig.url, "sqlite:%s/store.db", rig.dir);
	rig.mem = arena_new(1 << 20);
	assert_int_equal(db_open(str_of(rig.url), DB_WRITE, &rig.db), OK);
	assert_int_equal(db_migrate(rig.db), OK);
	return 0;
}

static int stop(void **state)
{
	char path[128];
	(void)state;

	db_close(rig.db);
	arena_unref(rig.mem);
	buf_free(&rig.why);
	for (const char *const *s =
		 (const char *const[]){ "store.db", "store.db-wal", "store.db-shm", "master.key", NULL };
	     *s; s++) {
		snprintf(path, sizeof path, "%s/%s", rig.dir, *s);
		unlink(path);
	}
	return rmdir(rig.dir);
}

static struct config config(const char *base_url)
{
	return (struct config){
		.mem = rig.mem,
		.file = S("gatehouse.yml"),
		.base_url = str_of(base_url),
		.data_dir = str_of(rig.dir),
		.store = str_of(rig.url),
		.alg = ALG_ES256,
		.management = true,
		.management_path = S("/mcp"),
		.access_ttl = 600,
		.limit_body_mcp = 1,
	};
}

static enum err load(const struct config *c, struct house_site **out)
{
	rig.why.n = 0;
	return site_load(c, rig.db, 1795000000000, out, &rig.why);
}

static void makes_a_site_of_nothing(void **state)
{
	struct config c = config("http://localhost:8080");
	struct house_site *s, *again;
	const struct json *doc;
	(void)state;

	assert_int_equal(load(&c, &s), OK);
	assert_true(s->loopback && !s->site.secure);
	same("no path", s->issuer_path, S(""));
	assert_int_equal(s->site.resource_count, 1);
	same("management", s->site.resources[0].identifier, S("http://localhost:8080/mcp"));
	assert_non_null(s->site.signing);
	assert_true(pkey_private(s->site.signing->key));
	assert_int_equal(json_parse(rig.mem, s->site.json_as, &doc, NULL), OK);
	same("the issuer", json_get_str(doc, S("issuer")), S("http://localhost:8080"));
	assert_int_equal(json_parse(rig.mem, s->site.json_jwks, &doc, NULL), OK);
	assert_true(json_get(doc, S("keys"))->count >= 1);

	/* the same keys and secrets every time */
	assert_int_equal(load(&c, &again), OK);
	assert_true(secret_eq(s->site.key_refresh, again->site.key_refresh));
	assert_false(secret_eq(s->site.key_refresh, s->site.key_form));
	assert_true(str_eq(s->site.json_jwks, again->site.json_jwks));
	site_unref(&s->site);
	site_unref(&again->site);
}

static void takes_resources_of_file_and_store(void **state)
{
	static const struct config_scope words[] = { { S_INIT("weather:read"), S_INIT("See forecasts") },
		{ S_INIT("weather:write"), S_INIT("Change stations") } };
	static const struct config_resource file[] = {
		{ .path = S_INIT("/weather/mcp"),
		    .upstream = S_INIT("http://127.0.0.1:9000/mcp"),
		    .name = S_INIT("Weather"),
		    .scopes = words,
		    .scope_count = 2,
		    .required = S_INIT("weather:read") },
		{ .url = S_INIT("https://notes.example/mcp"), .name = S_INIT("Notes") },
	};
	struct config c = config("https://gate.example/auth");
	struct resource_put_in row = { .id = 5,
		.path = S("/row"),
		.name = S("Row"),
		.upstream = S("http://127.0.0.1:1/mcp"),
		.scopes = S("{}") };
	struct house_site *s;
	(void)state;

	c.resources = file;
	c.resource_count = COUNT(file);
	assert_int_equal(load(&c, &s), OK);
	row.tenant = s->site.tenant.id;
	site_unref(&s->site);
	assert_int_equal(q_resource_put(rig.db, rig.mem, &row, NULL), OK);
	row.id = 6;
	row.path = S("/weather/mcp"); /* the file wins */
	assert_int_equal(q_resource_put(rig.db, rig.mem, &row, NULL), OK);

	assert_int_equal(load(&c, &s), OK);
	same("the issuer's path", s->issuer_path, S("/auth"));
	assert_true(s->site.secure && !s->loopback);
	assert_int_equal(s->site.resource_count, 4);
	const struct resource *w = site_resource_at(&s->site, S("/weather/mcp"));
	assert_true(w && w->declared);
	same("scopes", w->scopes, S("weather:read weather:write"));
	same("asks for what it requires", w->challenge, S("weather:read"));
	const struct resource *n = site_resource(&s->site, S("https://notes.example/mcp"));
	assert_non_null(n);
	same("a scope by itself", n->required, S("mcp:tools"));
	const struct resource *r = site_resource_at(&s->site, S("/row"));
	assert_true(r && !r->declared);
	same("beside the issuer's path", r->identifier, S("https://gate.example/row"));
	site_unref(&s->site);
}

static void takes_clients_of_the_file(void **state)
{
	static const struct config_client file[] = {
		{ .client_id = S_INIT("ci"),
		    .secret = S_INIT("a secret of some length"),
		    .name = S_INIT("CI"),
		    .redirect_uris = S_INIT("https://ci.example/cb") },
		{ .client_id = S_INIT("desk"), .redirect_uris = S_INIT("http://127.0.0.1/cb") },
	};
	struct config c = config("http://localhost:8080");
	struct house_site *s;
	(void)state;

	c.clients = file;
	c.client_count = COUNT(file);
	assert_int_equal(load(&c, &s), OK);
	assert_int_equal(s->site.client_count, 2);
	assert_int_equal(s->site.clients[0].secret_hash.n, 32);
	assert_false(s->site.clients[0].native);
	same("public", s->site.clients[1].auth_method, S("none"));
	assert_int_equal(s->site.clients[1].secret_hash.n, 0);
	assert_true(s->site.clients[1].native);
	site_unref(&s->site);
}

/* Each with one sentence, and nothing kept. */
static void refuses_with_a_sentence(void **state)
{
	static const struct config_resource twice[] = { { .path = S_INIT("/a"), .line = 3 },
		{ .path = S_INIT("/a"), .line = 7 } };
	static const str nets[] = { S_INIT("10.0.0.0/99") };
	struct config c = config("http://localhost:8080");
	struct house_site *s = NULL;
	(void)state;

	c.resources = twice;
	c.resource_count = 2;
	same_err("a path twice", load(&c, &s), ERR_OP_EXISTS);
	assert_true(str_find(buf_str(&rig.why), S("gatehouse.yml:7: ")) >= 0);

	c = config("http://localhost:8080");
	c.trust_proxy = nets;
	c.trust_proxy_count = 1;
	same_err("a network that is none", load(&c, &s), ERR_BAD_URL);
	assert_true(str_find(buf_str(&rig.why), S("10.0.0.0/99")) >= 0);

	c = config("http://localhost:8080");
	c.master_key = secret_of(S("another key than the one of this store"));
	assert_int_equal(load(&c, &s), ERR_SEAL_BROKEN);
	assert_true(rig.why.n > 0);
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_a_site_of_nothing),
		cmocka_unit_test(takes_resources_of_file_and_store),
		cmocka_unit_test(takes_clients_of_the_file),
		cmocka_unit_test(refuses_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
