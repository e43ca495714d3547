/* The operations on clients: who may, what may be, and what everybody is told of a change. */
#include "admin/op_rig.h"
#include "base/unit.h"
#include "core/standing.h"

#define WRITE "clients:read clients:write users:read users:write"

static int setup(void **state)
{
	struct rig *r = rig_new();

	rig_as_os(r);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	rig_free(*state);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static str member(struct rig *r, const char *name)
{
	const struct json *o = NULL;

	assert_int_equal(json_parse(r->mem, buf_str(&r->out), &o, NULL), OK);
	return arena_copy(r->mem, json_get_str(o, str_of(name)));
}

/* A backend service of the machine's owner; its id. */
static str backend(struct rig *r, const char *more)
{
	struct actor before = r->actor;

	rig_as_os(r);
	assert_int_equal(
	    rig_op(r, "create_client",
		arena_printf(r->mem,
		    "{\"name\":\"Bot\",\"application_type\":\"backend\",\"scopes\":[\"users:read\"]%s}", more)
		    .p),
	    OK);
	str id = member(r, "client_id");
	r->actor = before;
	return id;
}

static str with_id(struct rig *r, str id, const char *more)
{
	return arena_printf(r->mem, "{\"client_id\":\"%.*s\"%s}", FMT(id), more);
}

/* What nodes are told, in the order of the effects, the newest first. */
static bool told(struct rig *r, enum effect_kind kind, str client_id)
{
	for (const struct effect *e = r->c.effects; e; e = e->next)
		if (e->kind == kind && e->id == client_key(client_id))
			return true;
	return false;
}

static void each_type_is_what_it_says(void **state)
{
	static const struct {
		const char *sentence, *args, *method, *grants;
		bool secret;
	} rows[] = {
		{ "web is meant when nothing is said",
		    "{\"name\":\"A\",\"redirect_uris\":[\"https://a.example/cb\"]}", "client_secret_basic",
		    "authorization_code refresh_token", true },
		{ "spa",
		    "{\"name\":\"A\",\"application_type\":\"spa\",\"redirect_uris\":[\"https://a.example/"
		    "cb\"]}",
		    "none", "authorization_code refresh_token", false },
		{ "native",
		    "{\"name\":\"A\",\"application_type\":\"native\",\"redirect_uris\":[\"http://127.0.0.1/"
		    "cb\"]}",
		    "none", "authorization_code refresh_token", false },
		{ "backend", "{\"name\":\"A\",\"application_type\":\"backend\"}", "client_secret_basic",
		    "client_credentials", true },
		{ "backend with keys of its own",
		    "{\"name\":\"A\",\"application_type\":\"backend\",\"jwks_uri\":\"https://a.example/"
		    "keys\"}",
		    "private_key_jwt", "client_credentials", false },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		same_err(rows[i].sentence, rig_op(r, "create_client", rows[i].args), OK);
		same(rows[i].sentence, member(r, "token_endpoint_auth_method"), str_of(rows[i].method));
		holds(rows[i].sentence, (member(r, "client_secret").n == 49) == rows[i].secret);
		str grants = S("");
		const struct json *o = NULL;
		assert_int_equal(json_parse(r->mem, buf_str(&r->out), &o, NULL), OK);
		for (JSON_EACH(item, json_get(o, S("grant_types"))))
			grants = arena_printf(
			    r->mem, "%.*s%s%.*s", FMT(grants), grants.n ? " " : "", FMT(json_str_of(item)));
		same(rows[i].sentence, grants, str_of(rows[i].grants));
	}
}

/* RFC 7517 appendix A.1 and A.2, as text in JSON in JSON. */
#define PUBLIC_KEY                                                       \
	"{\\\"kty\\\":\\\"EC\\\",\\\"crv\\\":\\\"P-256\\\","             \
	"\\\"x\\\":\\\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\\\"," \
	"\\\"y\\\":\\\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\\\",\\\"kid\\\":\\\"1\\\"}"
#define PRIVATE_KEY                                                      \
	"{\\\"kty\\\":\\\"EC\\\",\\\"crv\\\":\\\"P-256\\\","             \
	"\\\"x\\\":\\\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\\\"," \
	"\\\"y\\\":\\\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\\\"," \
	"\\\"d\\\":\\\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\\\",\\\"kid\\\":\\\"2\\\"}"

static void what_does_not_fit_is_said(void **state)
{
	static const struct {
		const char *args, *says;
	} rows[] = {
		{ "{\"name\":\"A\"}", "redirect_uris must not be empty" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"redirect_uris\":[\"https://a.example/"
		  "cb\"]}",
		    "redirect_uris must be empty" },
		{ "{\"name\":\"A\",\"redirect_uris\":[\"http://a.example/cb\"]}",
		    "redirect_uris must be https" },
		{ "{\"name\":\"A\",\"redirect_uris\":[\"javascript:alert(1)\"]}",
		    "redirect_uris must be https" },
		{ "{\"name\":\"A\",\"redirect_uris\":[\"https://a.example/cb#x\"]}",
		    "redirect_uris must be https" },
		{ "{\"name\":\"A\",\"redirect_uris\":[\"https://a.example/a b\"]}", "without blanks" },
		{ "{\"name\":\"A\\u202eB\",\"application_type\":\"backend\"}", "name must hold visible" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"scopes\":[\"no:such\"]}",
		    "scopes must be scopes" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"scopes\":[\"users:read users:write\"]}",
		    "scopes must be scopes" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"homepage_url\":\"http://a.example/\"}",
		    "homepage_url must be an https" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"resources\":[\"https://b.example/"
		  "mcp\"]}",
		    "resources must be identifiers" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"jwks\":\"{\\\"keys\\\":[]}\"}",
		    "jwks has no key" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"jwks\":\"x\"}",
		    "jwks must be the text" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"jwks\":\"[]\"}", "jwks is no key set" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"jwks\":\"{\\\"keys\\\":[" PUBLIC_KEY
		  "," PRIVATE_KEY "]}\"}",
		    "jwks has a private key" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"jwks\":\"{\\\"keys\\\":[{\\\"kty\\\":"
		  "\\\"oct\\\",\\\"k\\\":\\\"AAAA\\\"}]}\"}",
		    "jwks has a private key" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"jwks_uri\":\"https://a.example/#x\"}",
		    "without fragment" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"jwks_uri\":\"http://a.example/\"}",
		    "jwks_uri must be an https" },
		{ "{\"name\":\"A\",\"application_type\":\"backend\",\"jwks\":\"{}\",\"jwks_uri\":\"https://"
		  "a.example/\"}",
		    "cannot both be given" },
		{ "{\"name\":\"A\",\"redirect_uris\":[\"https://a.example/cb\"],\"role\":\"admin\"}",
		    "role is for backend" },
		{ "{\"name\":\"A\",\"application_type\":\"spa\",\"redirect_uris\":[\"https://a.example/"
		  "cb\"],\"resources\":["
		  "\"" ISSUER "/mcp\"]}",
		    "resources must be empty" },
		{ "{\"name\":\"A\",\"application_type\":\"robot\"}", "application_type" },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		same_err(rows[i].args, rig_op(r, "create_client", rows[i].args), ERR_OP_ARGUMENTS);
		holds(rows[i].says, rig_says(r, rows[i].says));
	}
	assert_int_equal(rig_op(r, "list_clients", "{\"registered\":\"static\"}"), OK);
	assert_true(rig_says(r, "\"total\":0"));
}

/* A machine acts by its role and its scopes, so nobody makes, changes or takes one over that is above them. */
static void nobody_makes_or_takes_over_a_machine_above_themselves(void **state)
{
	struct rig *r = *state;
	str owners = backend(r, ",\"role\":\"owner\""), wide = backend(r, ",\"role\":\"member\"");
	static const char *const taking[] = { "rotate_client_secret", "update_client" };

	rig_as(r, "admin", WRITE);
	assert_int_equal(rig_op(r, "create_client",
			     "{\"name\":\"A\",\"application_type\":\"backend\",\"role\":\"owner\"}"),
	    ERR_NO_PERMISSION);
	assert_int_equal(
	    rig_op(r, "create_client",
		"{\"name\":\"A\",\"application_type\":\"backend\",\"scopes\":[\"tenants:write\"]}"),
	    ERR_NO_PERMISSION);
	for (size_t i = 0; i < COUNT(taking); i++)
		same_err(taking[i], rig_op(r, taking[i], with_id(r, owners, i ? ",\"scopes\":[]" : "").p),
		    ERR_NO_PERMISSION);
	rig_as(r, "admin", "clients:write"); /* without users:read, which the machine has */
	for (size_t i = 0; i < COUNT(taking); i++)
		same_err(taking[i], rig_op(r, taking[i], with_id(r, wide, i ? ",\"name\":\"B\"" : "").p),
		    ERR_NO_PERMISSION);
	rig_as(r, "admin", WRITE);
	assert_int_equal(rig_op(r, "create_client", "{\"name\":\"A\",\"application_type\":\"backend\"}"), OK);
	same("its maker's role", member(r, "role"), S("admin"));
	same("its maker", member(r, "created_by"), rig_id(r, ID_USER, r->admin));
	rig_as(r, "member", WRITE);
	assert_int_equal(rig_op(r, "create_client", "{\"name\":\"A\",\"application_type\":\"backend\"}"),
	    ERR_NO_PERMISSION);
	rig_as(r, "owner", "clients:read");
	assert_int_equal(
	    rig_op(r, "create_client", "{\"name\":\"A\",\"application_type\":\"backend\"}"), ERR_SCOPE_SHORT);
}

static void a_machine_is_an_actor_with_its_role(void **state)
{
	struct rig *r = *state;

	rig_as(r, "admin", WRITE);
	r->actor.user = 0;
	r->actor.machine = true;
	r->actor.client_id = S("client_x");
	assert_int_equal(rig_op(r, "list_users", NULL), OK);
	assert_int_equal(rig_op(r, "create_client", "{\"name\":\"A\",\"application_type\":\"backend\"}"), OK);
	same("its maker", member(r, "created_by"), S("client_x"));
	assert_int_equal(rig_op(r, "list_audit_events",
			     "{\"event\":\"op.create_client\",\"since\":\"2026-01-01T00:00:00Z\"}"),
	    ERR_SCOPE_SHORT);
	r->actor.role = S("member");
	assert_int_equal(rig_op(r, "create_client", "{\"name\":\"A\",\"application_type\":\"backend\"}"),
	    ERR_NO_PERMISSION);
	assert_true(rig_says(r, "This client's role member"));
	r->actor.role = S("");
	assert_int_equal(rig_op(r, "list_users", NULL), ERR_NO_PERMISSION);
}

static void every_change_is_told_to_all_nodes(void **state)
{
	struct rig *r = *state;
	str id = backend(r, "");

	assert_int_equal(rig_op(r, "update_client", with_id(r, id, ",\"name\":\"Other\"").p), OK);
	assert_true(told(r, EFFECT_CLIENT_CHANGED, id));
	assert_int_equal(rig_op(r, "rotate_client_secret", with_id(r, id, "").p), OK);
	assert_true(told(r, EFFECT_CLIENT_CHANGED, id));
	same("no old one", member(r, "old_secret_until"), S(""));
	assert_int_equal(rig_op(r, "rotate_client_secret", with_id(r, id, ",\"grace_seconds\":60").p), OK);
	assert_true(rig_says(r, "\"old_secret_until\":\"2026-"));
	assert_int_equal(rig_op(r, "update_client", with_id(r, id, ",\"status\":\"suspended\"").p), OK);
	assert_true(told(r, EFFECT_REVOKE_CLIENT, id));
	assert_int_equal(rig_op(r, "update_client", with_id(r, id, ",\"status\":\"active\"").p), OK);
	assert_true(told(r, EFFECT_CLIENT_BACK, id));
	assert_int_equal(rig_op(r, "delete_client", with_id(r, id, "").p), OK);
	assert_true(told(r, EFFECT_REVOKE_CLIENT, id));
	assert_int_equal(rig_op(r, "get_client", with_id(r, id, "").p), ERR_OP_NOT_FOUND);
	assert_int_equal(rig_op(r, "delete_client", with_id(r, id, "").p), ERR_OP_NOT_FOUND);
	assert_int_equal(rig_op(r, "list_clients", "{\"registered\":\"static\"}"), OK);
	assert_true(rig_says(r, "\"total\":0"));
}

static void who_registered_itself_can_only_be_suspended_or_deleted(void **state)
{
	struct rig *r = *state;
	str id = arena_printf(r->mem, "client-%lld", (long long)r->grant_member);

	assert_int_equal(
	    rig_op(r, "update_client", with_id(r, id, ",\"name\":\"Mine\"").p), ERR_OP_PRECONDITION);
	assert_int_equal(rig_op(r, "rotate_client_secret", with_id(r, id, "").p), ERR_OP_PRECONDITION);
	assert_int_equal(rig_op(r, "update_client", with_id(r, id, ",\"status\":\"suspended\"").p), OK);
	assert_int_equal(rig_op(r, "delete_client", with_id(r, id, "").p), OK);
	assert_int_equal(rig_op(r, "list_connections", "{\"all\":true}"), OK);
	assert_false(rig_says(r, "Claude Code"));
	assert_true(rig_says(r, "\"total\":1"));
}

static void clients_of_another_tenant_are_not_there(void **state)
{
	struct rig *r = *state;
	str id = arena_printf(r->mem, "client-%lld", (long long)r->grant_stranger);
	static const char *const ops[] = { "get_client", "update_client", "rotate_client_secret",
		"delete_client" };

	for (size_t i = 0; i < COUNT(ops); i++)
		same_err(ops[i], rig_op(r, ops[i], with_id(r, id, "").p), ERR_OP_NOT_FOUND);
	assert_int_equal(rig_op(r, "list_clients", NULL), OK);
	assert_false(rig_says(r, "Elsewhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_type_is_what_it_says),
		TEST(what_does_not_fit_is_said),
		TEST(nobody_makes_or_takes_over_a_machine_above_themselves),
		TEST(a_machine_is_an_actor_with_its_role),
		TEST(every_change_is_told_to_all_nodes),
		TEST(who_registered_itself_can_only_be_suspended_or_deleted),
		TEST(clients_of_another_tenant_are_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
