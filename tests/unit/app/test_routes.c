#include "app/routes.h"
#include "base/unit.h"

enum err register_client(struct ctx *c);
enum err metadata_show(struct ctx *c);
enum err resource_metadata_show(struct ctx *c);
enum err static_show(struct ctx *c);
enum err token_start(struct ctx *c);
enum err login_show(struct ctx *c);
enum err login_submit(struct ctx *c);

static const struct {
	const char *sentence, *path, *issuer_path;
	int method;
	enum err (*handler)(struct ctx *c); /* NULL: nothing there */
	const char *local;
} rows[] = {
	{ "an exact path", "/token", "", HTTP_POST, token_start, "/token" },
	{ "another spelling of it", "/oauth2/token", "", HTTP_POST, token_start, "/oauth2/token" },
	{ "and of every endpoint", "/oauth2/register", "", HTTP_POST, register_client, "/oauth2/register" },
	{ "below the issuer's path too", "/auth/oauth/token", "/auth", HTTP_POST, token_start,
	    "/oauth/token" },
	{ "a page has one", "/oauth/login", "", HTTP_GET, NULL, NULL },
	{ "no slash behind it", "/token/", "", HTTP_POST, NULL, NULL },
	{ "case counts", "/Token", "", HTTP_POST, NULL, NULL },
	{ "the method chooses between rows", "/login", "", HTTP_GET, login_show, "/login" },
	{ "and the other one", "/login", "", HTTP_POST, login_submit, "/login" },
	{ "HEAD is GET", "/login", "", HTTP_HEAD, login_show, "/login" },
	{ "below a star", "/static/app.css", "", HTTP_GET, static_show, "/static/app.css" },
	{ "not the star's place itself", "/static/", "", HTTP_GET, NULL, NULL },
	{ "before a star", "/weather/mcp/client_register", "", HTTP_POST, register_client,
	    "/weather/mcp/client_register" },
	{ "below the issuer's path too", "/auth/weather/mcp/client_register", "/auth", HTTP_POST,
	    register_client, "/weather/mcp/client_register" },
	{ "of which there must be something", "/client_register", "", HTTP_POST, NULL, NULL },
	{ "metadata of a resource", "/.well-known/oauth-protected-resource/weather/mcp", "", HTTP_GET,
	    resource_metadata_show, "/.well-known/oauth-protected-resource/weather/mcp" },
	{ "below the issuer's path", "/auth/register", "/auth", HTTP_POST, register_client, "/register" },
	{ "and still without it", "/register", "/auth", HTTP_POST, register_client, "/register" },
	{ "not a path that only begins like it", "/author/register", "/auth", HTTP_POST, NULL, NULL },
	{ "metadata, path-inserted", "/.well-known/oauth-authorization-server/auth", "/auth", HTTP_GET,
	    metadata_show, "/.well-known/oauth-authorization-server" },
	{ "metadata, path-appended", "/auth/.well-known/openid-configuration", "/auth", HTTP_GET,
	    metadata_show, "/.well-known/openid-configuration" },
	{ "metadata of another issuer", "/.well-known/oauth-authorization-server/other", "/auth", HTTP_GET,
	    NULL, NULL },
	{ "metadata of an issuer that we are not", "/.well-known/oauth-authorization-server/auth", "",
	    HTTP_GET, NULL, NULL },
};

static void finds_rows(void **state)
{
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		str local;
		int methods;
		const struct route *r = route_find(
		    str_of(rows[i].path), str_of(rows[i].issuer_path), rows[i].method, &local, &methods);
		holds(rows[i].sentence, (r == NULL) == (rows[i].handler == NULL));
		if (!r)
			continue;
		holds(rows[i].sentence, r->handler == rows[i].handler);
		same(rows[i].sentence, local, str_of(rows[i].local));
	}
}

static void gathers_methods(void **state)
{
	struct arena *mem = arena_new(4096);
	str local;
	int methods;
	(void)state;

	assert_non_null(route_find(S("/login"), S(""), HTTP_DELETE, &local, &methods));
	assert_int_equal(methods, HTTP_GET | HTTP_POST);
	same("both", route_allow(mem, methods), S("GET, HEAD, POST"));
	same("one", route_allow(mem, HTTP_POST), S("POST"));
	arena_unref(mem);
}

/* What the table promises in its comment. */
static void keeps_the_rules_of_the_table(void **state)
{
	(void)state;

	for (size_t i = 0; i < route_count(); i++) {
		const struct route *r = route_at(i);
		bool guarded = r->guard != GUARD_NONE,
		     form = r->guard == GUARD_FORM || r->guard == GUARD_SESSION_FORM;
		const char *path = r->path.p;
		holds(path, !guarded || r->lane == LANE_READ);
		holds(path, !form || r->methods == HTTP_POST);
		holds(path,
		    r->style != STYLE_PAGE || r->cors == CORS_SHUT); /* pages never answer other origins */
		holds(path, (r->methods & (HTTP_POST | HTTP_PUT)) ? r->body > 0 : r->body == 0);
		holds(path, r->body <= 65536);
		holds(path,
		    r->path.p[0] == '/' || (r->path.n > 2 && r->path.p[0] == '*' && r->path.p[1] == '/'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_rows),
		cmocka_unit_test(gathers_methods),
		cmocka_unit_test(keeps_the_rules_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
