/* Every operation as owner, administrator, member, and with ids of another tenant; what is refused, and how. */
#include "admin/op_rig.h"

#define assert_says(r, needle)                                                     \
	do {                                                                       \
		if (!rig_says((r), (needle)))                                      \
			fail_msg("%s is not in %.*s", (needle), FMT(rig_text(r))); \
	} while (0)

static int setup(void **state)
{
	*state = rig_new();
	return 0;
}

static int teardown(void **state)
{
	rig_free(*state);
	return 0;
}

/* A text with one slice in it, NUL-terminated. */
#define printz(r, fmt, a) arena_printf((r)->mem, fmt, FMT(a)).p

/* ---- who may --------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *op, *args;
	enum err owner, admin, member;
} matrix[] = {
	{ "get_me", NULL, OK, OK, OK },
	{ "list_users", NULL, OK, OK, OK },
	{ "create_user", "{\"email\":\"new@example.com\",\"name\":\"New\"}", OK, ERR_OP_EXISTS,
	    ERR_NO_PERMISSION },
	{ "create_user", "{\"email\":\"o@example.com\",\"name\":\"New\",\"role\":\"owner\"}", OK,
	    ERR_NO_PERMISSION, ERR_NO_PERMISSION },
	{ "create_user", "{\"email\":\"a@example.com\",\"name\":\"New\",\"role\":\"admin\"}", OK,
	    ERR_OP_EXISTS, ERR_NO_PERMISSION },
	{ "create_link", "{\"email\":\"olive@example.com\"}", OK, ERR_NO_PERMISSION, ERR_NO_PERMISSION },
	{ "create_link", "{\"email\":\"mia@example.com\"}", OK, OK, ERR_NO_PERMISSION },
	{ "list_connections", NULL, OK, OK, OK },
	{ "list_connections", "{\"all\":true}", OK, OK, ERR_NO_PERMISSION },
	{ "list_resources", NULL, OK, OK, OK },
	{ "protect_resource", "{\"upstream\":\"http://127.0.0.1:9100/x\"}", OK, OK, ERR_NO_PERMISSION },
	{ "unprotect_resource", "{\"path\":\"/weather/mcp\"}", ERR_OP_DECLARED, ERR_OP_DECLARED,
	    ERR_NO_PERMISSION },
	{ "unprotect_resource", "{\"path\":\"/nothing\"}", ERR_OP_NOT_FOUND, ERR_OP_NOT_FOUND,
	    ERR_NO_PERMISSION },
	{ "why", NULL, OK, OK, ERR_NO_PERMISSION },
	{ "why", "{\"id\":\"wnothing\"}", ERR_OP_NOT_FOUND, ERR_OP_NOT_FOUND, ERR_OP_NOT_FOUND },
};

static void roles_decide(void **state)
{
	static const char *const roles[] = { "owner", "admin", "member" };
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(matrix); i++) {
		enum err want[] = { matrix[i].owner, matrix[i].admin, matrix[i].member };
		for (size_t k = 0; k < COUNT(roles); k++) {
			print_message(
			    "%s %s as %s\n", matrix[i].op, matrix[i].args ? matrix[i].args : "", roles[k]);
			rig_as(r, roles[k], RIG_ALL);
			assert_int_equal(rig_op(r, matrix[i].op, matrix[i].args), want[k]);
		}
	}
}

static void a_refused_permission_says_which_and_where(void **state)
{
	struct rig *r = *state;

	rig_as(r, "member", RIG_ALL);
	(void)rig_op(r, "create_user", "{\"email\":\"n@example.com\",\"name\":\"N\"}");
	assert_says(r, "\"code\":\"permission_denied\"");
	assert_says(r, "\"details\":{\"required\":\"User.CreateUser\",\"role\":\"member\"}");
	assert_says(r, "An owner sets");
}

static void patterns(void **state)
{
	struct rig *r = *state;
	struct config_role roles[] = { { S("owner"), S("*") },
		{ S("admin"), S("* !Tenant.DeleteTenant !*.Create*Link") },
		{ S("member"), S("User.Read* *.ReadTheme") } };
	static const struct {
		const char *role, *action;
		bool may;
	} rows[] = {
		{ "owner", "Tenant.DeleteTenant", true },
		{ "admin", "Tenant.DeleteTenant", false },
		{ "admin", "Tenant.EditTenant", true },
		{ "admin", "User.CreateLink", false },
		{ "member", "User.ReadUser", true },
		{ "member", "User.CreateUser", false },
		{ "member", "Theme.ReadTheme", true },
		{ "member", "Theme.ReadThemes", false },
		{ "guest", "User.ReadUser", false },
		{ "", "User.ReadUser", false },
	};

	r->config.roles = roles;
	r->config.role_count = COUNT(roles);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    role_may(&r->config, str_of(rows[i].role), str_of(rows[i].action)), rows[i].may);
}

/* ---- scopes and read-only -------------------------------------------------------------------------------------------- */

static void a_scope_that_is_short_names_all_that_is_needed(void **state)
{
	struct rig *r = *state;

	rig_as(r, "owner", "users:read audit:read offline_access");
	assert_int_equal(
	    rig_op(r, "create_user", "{\"email\":\"n@example.com\",\"name\":\"N\"}"), ERR_SCOPE_SHORT);
	assert_true(str_eq(r->c.fail.need_scope, S("users:read audit:read users:write")));
	rig_as(r, "owner", "");
	assert_int_equal(rig_op(r, "get_me", NULL), OK);
	assert_int_equal(rig_op(r, "list_users", NULL), ERR_SCOPE_SHORT);
	assert_true(str_eq(r->c.fail.need_scope, S("users:read")));
}

/* MGMT-04: a read-only token changes nothing, whatever it calls. */
static void reading_scopes_write_nothing(void **state)
{
	struct rig *r = *state;
	const struct op *op;

	for (size_t i = 0; (op = op_at(i)); i++) {
		rig_as(r, "owner", "users:read resources:read audit:read");
		if (op->writes && op->mcp)
			assert_int_equal(rig_op(r, arena_copy(r->mem, op->name).p, NULL), ERR_SCOPE_SHORT);
	}
}

static void what_is_no_tool_is_out_of_reach_of_tokens(void **state)
{
	struct rig *r = *state;
	const struct op *op;

	rig_as(r, "owner", RIG_ALL);
	r->through_token = true;
	for (size_t i = 0; (op = op_at(i)); i++)
		if (!op->mcp)
			assert_int_equal(rig_op(r, arena_copy(r->mem, op->name).p, NULL), ERR_OP_NOT_FOUND);
}

static void read_only_refuses_writers_but_not_the_machines_owner(void **state)
{
	struct rig *r = *state;

	r->config.read_only = true;
	rig_as(r, "owner", RIG_ALL);
	assert_int_equal(
	    rig_op(r, "create_user", "{\"email\":\"n@example.com\",\"name\":\"N\"}"), ERR_READ_ONLY);
	assert_says(r, "precondition_failed");
	assert_int_equal(rig_op(r, "list_users", NULL), OK);
	rig_as_os(r);
	assert_int_equal(rig_op(r, "create_user", "{\"email\":\"n@example.com\",\"name\":\"N\"}"), OK);
}

/* Every scope of an operation stands in scopes.def with words, and the challenge asks for reading ones only. */
static void scopes_and_their_table_agree(void **state)
{
	struct rig *r = *state;
	const struct resource *m = &r->resources[0];
	const struct op *op;
	str rest = m->challenge, word;

	for (size_t i = 0; (op = op_at(i)); i++)
		if (op->scope.n)
			assert_true(str_list_has(m->scopes, ' ', op->scope));
	while (str_word(&rest, ' ', &word))
		assert_true(str_ends(word, S(":read")));
	for (size_t i = 0; i < m->word_count; i++)
		assert_true(str_list_has(m->scopes, ' ', m->words[i].scope) && m->words[i].words.n > 0);
}

/* ---- arguments ------------------------------------------------------------------------------------------------------- */

static void arguments_are_checked_by_their_schema(void **state)
{
	static const struct {
		const char *op, *args, *problem;
	} rows[] = {
		{ "list_users", "[]", "[{\"path\":\"arguments\",\"problem\":\"must be an object\"}]" },
		{ "list_users", "{\"limit\":0}",
		    "[{\"path\":\"limit\",\"problem\":\"must be at least 1\"}]" },
		{ "list_users", "{\"limit\":1001}",
		    "[{\"path\":\"limit\",\"problem\":\"must be at most 1000\"}]" },
		{ "list_users", "{\"limit\":1e999}",
		    "[{\"path\":\"limit\",\"problem\":\"must be an integer\"}]" },
		{ "list_users", "{\"limit\":\"1\"}",
		    "[{\"path\":\"limit\",\"problem\":\"must be an integer\"}]" },
		{ "list_users", "{\"search\":1}",
		    "[{\"path\":\"search\",\"problem\":\"must be a string\"}]" },
		{ "list_users", "{\"status\":\"asleep\"}",
		    "[{\"path\":\"status\",\"problem\":\"must be one of active, inactive, suspended\"}]" },
		{ "list_users", "{\"colour\":1}",
		    "[{\"path\":\"colour\",\"problem\":\"is not an argument of this operation\"}]" },
		{ "create_user", "{}",
		    "[{\"path\":\"email\",\"problem\":\"is missing\"},{\"path\":\"name\",\"problem\":\"is "
		    "missing\"}]" },
		{ "create_user", "{\"email\":\"nobody\",\"name\":\"\"}",
		    "[{\"path\":\"email\",\"problem\":\"must be an e-mail "
		    "address\"},{\"path\":\"name\",\"problem\":\"must be at least 1 characters "
		    "long\"}]" },
		{ "create_user", "{\"email\":\"a@example.com\",\"name\":\"A\",\"sign_in_link\":\"yes\"}",
		    "[{\"path\":\"sign_in_link\",\"problem\":\"must be true or false\"}]" },
		{ "create_user", "{\"email\":\"a@example.com\",\"name\":\"a\\u0007b\"}",
		    "[{\"path\":\"name\",\"problem\":\"must hold visible characters only\"}]" },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		rig_as(r, "owner", RIG_ALL);
		print_message("%s %s\n", rows[i].op, rows[i].args);
		assert_int_equal(rig_op(r, rows[i].op, rows[i].args), ERR_OP_ARGUMENTS);
		assert_says(r, rows[i].problem);
		assert_says(r, "\"code\":\"validation_error\"");
	}
}

static void an_unknown_operation_is_not_found(void **state)
{
	struct rig *r = *state;

	rig_as_os(r);
	assert_int_equal(rig_op(r, "drop_everything", NULL), ERR_OP_NOT_FOUND);
}

/* MGMT-01: hostile strings in every string argument of every operation: a refusal or an empty result, never a fault. */
static void hostile_strings_harm_nothing(void **state)
{
	static const char *const hostile[] = { "' OR 1=1--", "'; DROP TABLE users;--", "%00", "1e999",
		"../../etc/passwd", "\\\\0", "%", "_", "\\ud83d\\ude00", "<script>alert(1)</script>",
		"\\r\\nX: y" };
	struct rig *r = *state;
	const struct op *op;

	for (size_t i = 0; (op = op_at(i)); i++) {
		for (size_t f = 0; f < op->field_count; f++) {
			for (size_t h = 0; op->fields[f].type == OP_STRING && h < COUNT(hostile); h++) {
				bool mail = str_eq(op->fields[f].name, S("email"));
				str args = arena_printf(r->mem, "{\"%.*s\":\"%s\"%s}",
				    FMT(op->fields[f].name), hostile[h],
				    str_eq(op->name, S("create_user")) && !mail
					? ",\"email\":\"x@example.com\""
					: "");
				rig_as(r, "owner", RIG_ALL);
				(void)rig_op(r, arena_copy(r->mem, op->name).p, args.p);
				assert_true(r->e == OK || err_row(r->e)->kind == ERR_KIND_REFUSAL);
				assert_false(rig_says(r, "SELECT") || rig_says(r, "syntax error"));
			}
		}
	}
	rig_as(r, "owner", RIG_ALL);
	assert_int_equal(rig_op(r, "list_users", NULL), OK);
	assert_says(r, "mia@example.com");
}

/* ---- tenants --------------------------------------------------------------------------------------------------------- */

/* MGMT-03: ids of another tenant are not found, in the words of ids that do not exist. */
static void another_tenant_is_not_there(void **state)
{
	struct rig *r = *state;
	const struct op *op;
	const char *foreign = printz(r, "{\"tenant_id\":\"%.*s\"}", rig_id(r, ID_TENANT, r->other_tenant));
	const char *missing = "{\"tenant_id\":\"tenant_0000000000000\"}";
	const char *own = printz(r, "{\"tenant_id\":\"%.*s\"}", rig_id(r, ID_TENANT, r->site.tenant.id));

	for (size_t i = 0; (op = op_at(i)); i++) {
		const char *name = arena_copy(r->mem, op->name).p;
		if (op->writes || str_find(op->tool, S("tenant_id")) < 0)
			continue;
		rig_as(r, "owner", RIG_ALL);
		if (rig_op(r, name, foreign) == ERR_OP_ARGUMENTS)
			continue; /* it takes no tenant */
		assert_int_equal(r->e, ERR_OP_NOT_FOUND);
		str said = rig_text(r);
		assert_int_equal(rig_op(r, name, missing), ERR_OP_NOT_FOUND);
		assert_true(str_eq(said, rig_text(r)));
		assert_int_equal(rig_op(r, name, own), OK);
		assert_false(rig_says(r, "zoe") || rig_says(r, "Elsewhere"));
	}
}

static void nothing_is_written_into_another_tenant(void **state)
{
	struct rig *r = *state;
	str foreign = rig_id(r, ID_TENANT, r->other_tenant);

	rig_as(r, "owner", RIG_ALL);
	assert_int_equal(
	    rig_op(r, "create_user",
		printz(r, "{\"email\":\"n@example.com\",\"name\":\"N\",\"tenant_id\":\"%.*s\"}", foreign)),
	    ERR_OP_NOT_FOUND);
	assert_int_equal(
	    rig_op(r, "revoke_connection",
		printz(r, "{\"connection_id\":\"grant_0000000000000\",\"tenant_id\":\"%.*s\"}", foreign)),
	    ERR_OP_NOT_FOUND);
	assert_int_equal(rig_op(r, "list_users", "{\"search\":\"n@example.com\"}"), OK);
	assert_says(r, "\"total\":0");
}

static void connections_of_another_tenant_cannot_be_seen_or_ended(void **state)
{
	struct rig *r = *state;
	str id = rig_id(r, ID_GRANT, r->grant_stranger);

	rig_as(r, "owner", RIG_ALL);
	assert_int_equal(rig_op(r, "revoke_connection",
			     printz(r, "{\"connection_id\":\"%.*s\",\"confirm_name\":\"Elsewhere\"}", id)),
	    ERR_OP_NOT_FOUND);
	assert_int_equal(rig_op(r, "list_connections",
			     printz(r, "{\"user_id\":\"%.*s\"}", rig_id(r, ID_USER, r->stranger))),
	    OK);
	assert_says(r, "\"connections\":[],\"total\":0");
	assert_int_equal(rig_op(r, "list_connections", "{\"all\":true}"), OK);
	assert_says(r, "Claude Code");
	assert_says(r, "Cursor");
	assert_says(r, "\"total\":2");
	assert_false(rig_says(r, "Elsewhere"));
}

/* ---- people ---------------------------------------------------------------------------------------------------------- */

static void get_me_says_who_and_where(void **state)
{
	struct rig *r = *state;

	rig_as(r, "member", "users:read");
	assert_int_equal(rig_op(r, "get_me", NULL), OK);
	assert_says(r, "{\"principal\":\"user\",\"user\":{\"id\":\"user_");
	assert_says(r, "\"client\":{\"id\":\"client-");
	assert_says(r, "\"name\":\"Claude Code\"}");
	assert_says(r, "\"scopes\":[\"users:read\"]");
	assert_says(r, "\"role\":\"member\",\"tenants\":[{\"id\":\"tenant_");
	assert_says(r, "\"host\":\"auth.example\",\"selected\":true}]}]}");
	rig_as_os(r);
	assert_int_equal(rig_op(r, "get_me", NULL), OK);
	assert_says(r, "{\"principal\":\"os\",\"user\":null,\"client\":null,\"scopes\":[]");
}

static void list_users_searches_and_pages(void **state)
{
	static const struct {
		const char *args;
		const char *total;
	} rows[] = {
		{ "{}", "\"total\":3,\"limit\":100,\"offset\":0" },
		{ "{\"search\":\"ADAM\"}", "\"total\":1" },
		{ "{\"search\":\"100%\"}", "\"total\":1" },
		{ "{\"search\":\"%\"}", "\"total\":1" },
		{ "{\"search\":\"_\"}", "\"total\":0" },
		{ "{\"status\":\"active\"}", "\"total\":3" },
		{ "{\"status\":\"suspended\"}", "\"users\":[],\"total\":0" },
		{ "{\"limit\":1,\"offset\":1}", "\"total\":3,\"limit\":1,\"offset\":1" },
		{ "{\"offset\":9}", "\"users\":[],\"total\":3" },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		rig_as(r, "owner", RIG_ALL);
		print_message("%s\n", rows[i].args);
		assert_int_equal(rig_op(r, "list_users", rows[i].args), OK);
		assert_says(r, rows[i].total);
	}
}

static void create_user_makes_a_person_and_a_link_that_is_asked_for(void **state)
{
	struct rig *r = *state;

	rig_as(r, "owner", RIG_ALL);
	assert_int_equal(
	    rig_op(r, "create_user", "{\"email\":\"New@Example.com\",\"name\":\"N\",\"sign_in_link\":true}"),
	    OK);
	assert_says(r, "\"email\":\"new@example.com\"");
	assert_says(r, "\"role\":\"member\"");
	assert_says(r, "\"last_login\":null");
	assert_says(r, "\"sign_in_link\":\"" ISSUER "/link?token=gh_ln_");
	assert_int_equal(
	    rig_op(r, "create_user", "{\"email\":\"NEW@example.com\",\"name\":\"N\"}"), ERR_OP_EXISTS);
	assert_says(r, "\"details\":{\"field\":\"email\"}");
	assert_int_equal(rig_op(r, "create_user", "{\"email\":\"zoe@elsewhere.example\",\"name\":\"N\"}"),
	    OK); /* free in this tenant */
	assert_false(rig_says(r, "sign_in_link"));
}

static void create_link_makes_a_member_of_somebody_new(void **state)
{
	struct rig *r = *state;

	rig_as_os(r);
	assert_int_equal(rig_op(r, "create_link", "{\"email\":\"fresh@example.com\"}"), OK);
	assert_says(r, "\"created\":true");
	assert_int_equal(rig_op(r, "create_link", "{\"email\":\"fresh@example.com\"}"), OK);
	assert_says(r, "\"created\":false");
	assert_int_equal(rig_op(r, "list_users", "{\"search\":\"fresh\"}"), OK);
	assert_says(r, "\"name\":\"fresh\"");
	assert_says(r, "\"role\":\"member\"");
}

/* ---- connections ----------------------------------------------------------------------------------------------------- */

static void ones_own_connection_is_ended_by_typing_its_name(void **state)
{
	struct rig *r = *state;
	str own = rig_id(r, ID_GRANT, r->grant_member), foreign = rig_id(r, ID_GRANT, r->grant_owner);

	rig_as(r, "member", RIG_ALL);
	assert_int_equal(rig_op(r, "list_connections", NULL), OK);
	assert_says(r, "\"total\":1");
	assert_says(r, "\"client_name\":\"Claude Code\"");
	assert_int_equal(rig_op(r, "revoke_connection",
			     printz(r, "{\"connection_id\":\"%.*s\",\"confirm_name\":\"Cursor\"}", foreign)),
	    ERR_OP_NOT_FOUND);
	assert_int_equal(
	    rig_op(r, "revoke_connection", printz(r, "{\"connection_id\":\"%.*s\"}", own)), ERR_OP_CONFIRM);
	assert_says(r, "\"details\":{\"expected_field\":\"confirm_name\"}");
	assert_int_equal(rig_op(r, "revoke_connection",
			     printz(r, "{\"connection_id\":\"%.*s\",\"confirm_name\":\"claude code\"}", own)),
	    ERR_OP_CONFIRM);
	assert_int_equal(rig_op(r, "revoke_connection",
			     printz(r, "{\"connection_id\":\"%.*s\",\"confirm_name\":\"Claude Code\"}", own)),
	    OK);
	assert_non_null(r->c.effects);
	assert_int_equal(r->c.effects->kind, EFFECT_REVOKE_GRANT);
	assert_int_equal(r->c.effects->id, r->grant_member);
	assert_int_equal(rig_op(r, "list_connections", NULL), OK);
	assert_says(r, "\"total\":0");
	assert_int_equal(rig_op(r, "revoke_connection",
			     printz(r, "{\"connection_id\":\"%.*s\",\"confirm_name\":\"Claude Code\"}", own)),
	    OK);
	assert_null(r->c.effects); /* again: nothing happens */
}

/* ---- resources ------------------------------------------------------------------------------------------------------- */

static void protect_chooses_a_path_and_tells_the_daemon(void **state)
{
	static const struct {
		const char *args, *path, *name;
	} rows[] = {
		{ "{\"upstream\":\"http://127.0.0.1:9001/mcp\"}", "/server/mcp", "server" },
		{ "{\"upstream\":\"http://127.0.0.1:9002/mcp\"}", "/server-2/mcp", "server-2" },
		{ "{\"upstream\":\"http://127.0.0.1:9003/notes/v1/mcp\"}", "/notes/mcp", "notes" },
		{ "{\"upstream\":\"http://todo.internal:80/mcp\"}", "/todo/mcp", "todo" },
		{ "{\"upstream\":\"http://127.0.0.1:9004/mcp\",\"name\":\"My Tools!\"}", "/my-tools/mcp",
		    "My Tools!" },
		{ "{\"upstream\":\"http://127.0.0.1:9005/mcp\",\"path\":\"/x\"}", "/x", "x" },
		{ "{\"upstream\":\"http://127.0.0.1:9006/weather/mcp\"}", "/weather-2/mcp", "weather-2" },
		{ "{\"upstream\":\"http://127.0.0.1:9007/login/mcp\"}", NULL,
		    NULL }, /* /login is ours, and so is what is below */
	};
	struct rig *r = *state;

	rig_as_os(r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		print_message("%s\n", rows[i].args);
		enum err e = rig_op(r, "protect_resource", rows[i].args);
		if (!rows[i].path) {
			assert_true(e == OK && !rig_says(r, "\"path\":\"/login/mcp\""));
			continue;
		}
		assert_int_equal(e, OK);
		assert_says(r, printz(r, "\"identifier\":\"" ISSUER "%.*s\"", str_of(rows[i].path)));
		assert_says(r, printz(r, "\"name\":\"%.*s\"", str_of(rows[i].name)));
		assert_int_equal(r->c.effects->kind, EFFECT_RELOAD);
	}
	assert_int_equal(rig_op(r, "protect_resource", "{\"upstream\":\"http://127.0.0.1:9000/mcp\"}"), OK);
	assert_says(r, "\"path\":\"/weather/mcp\""); /* it is protected already */
	assert_says(r, "\"created\":false");
	assert_null(r->c.effects);
	assert_int_equal(
	    rig_op(r, "protect_resource", "{\"upstream\":\"http://127.0.0.1:9/\",\"path\":\"/x\"}"),
	    ERR_OP_EXISTS);
	assert_int_equal(
	    rig_op(r, "protect_resource", "{\"upstream\":\"http://127.0.0.1:9/\",\"path\":\"/token\"}"),
	    ERR_OP_ARGUMENTS);
	assert_int_equal(
	    rig_op(r, "protect_resource", "{\"upstream\":\"javascript:alert(1)\"}"), ERR_OP_ARGUMENTS);
	assert_int_equal(rig_op(r, "unprotect_resource", "{\"path\":\"/x\"}"), OK);
	assert_int_equal(rig_op(r, "unprotect_resource", "{\"path\":\"/x\"}"), ERR_OP_NOT_FOUND);
	assert_int_equal(rig_op(r, "unprotect_resource", "{\"path\":\"/mcp\"}"), ERR_OP_DECLARED);
}

/* ---- audit and why ----------------------------------------------------------------------------------------------------- */

static void every_writing_call_is_one_audit_row(void **state)
{
	struct rig *r = *state;
	struct audit_list_in in = { .tenant = r->site.tenant.id, .event = S("op."), .limit = 100 };
	const struct audit_list_out *rows;
	size_t count;

	rig_as(r, "owner", RIG_ALL);
	(void)rig_op(r, "create_user", "{\"email\":\"n@example.com\",\"name\":\"N\"}");
	(void)rig_op(r, "create_user", "{\"email\":\"n@example.com\",\"name\":\"N\"}");
	rig_as(r, "member", RIG_ALL);
	(void)rig_op(r, "create_user", "{\"email\":\"m@example.com\",\"name\":\"N\"}");
	(void)rig_op(r, "list_users", NULL);
	assert_int_equal(q_audit_list(r->read, r->mem, &in, &rows, &count), OK);
	assert_int_equal(count, 3);
	str all = arena_printf(
	    r->mem, "%.*s %.*s %.*s", FMT(rows[0].detail), FMT(rows[1].detail), FMT(rows[2].detail));
	assert_true(str_find(all, S("\"outcome\":\"ok\"")) >= 0);
	assert_true(str_find(all, S("\"outcome\":\"already_exists\"")) >= 0);
	assert_true(str_find(all, S("\"outcome\":\"access_denied\"")) >= 0);
	assert_true(str_find(all, S("\"arguments\":{\"email\":\"n@example.com\",\"name\":\"N\"}")) >= 0);
}

static bool find_record(struct arena *mem, str id, struct record *out)
{
	(void)mem;
	*out = (struct record){ .id = id,
		.at = RIG_NOW,
		.code = ERR_CODE_EXPIRED,
		.name = S("CODE_EXPIRED"),
		.detail = S("12 s late"),
		.method = S("POST"),
		.path = S("/token"),
		.place = S("grant_code.c:42") };
	return str_eq(id, S("wabcdefghjk"));
}

static size_t list_records(struct arena *mem, size_t max, const struct record **out)
{
	struct record *rows = NEW_ARRAY(mem, struct record, 1);

	rows[0] = (struct record){ .id = S("wzzzzzzzzzz"),
		.at = RIG_NOW,
		.name = S("NEVER_REDEEMED"),
		.detail = S("a code"),
		.missing = true };
	*out = rows;
	return max ? 1 : 0;
}

static void why_says_what_arrived_what_was_expected_which_rule_and_the_mend(void **state)
{
	static const struct recorder_port port = { .find = find_record, .list = list_records };
	struct rig *r = *state;

	recorder_use(&port);
	rig_as(r, "member", RIG_ALL);
	assert_int_equal(rig_op(r, "why", "{\"id\":\"wabcdefghjk\"}"), OK);
	assert_says(r,
	    "\"arrived\":\"12 s late\",\"expected\":\"a code younger than tokens.code_ttl\",\"rule\":\"OAuth "
	    "2.1 section 4.1.2\",\"mend\":\"");
	assert_says(r, "\"request\":\"POST /token\"");
	rig_as(r, "owner", RIG_ALL);
	assert_int_equal(rig_op(r, "why", NULL), OK);
	assert_says(r, "\"reason\":\"NEVER_REDEEMED\"");
	recorder_use(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(roles_decide, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_permission_says_which_and_where, setup, teardown),
		cmocka_unit_test_setup_teardown(patterns, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_scope_that_is_short_names_all_that_is_needed, setup, teardown),
		cmocka_unit_test_setup_teardown(reading_scopes_write_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_tool_is_out_of_reach_of_tokens, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    read_only_refuses_writers_but_not_the_machines_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(scopes_and_their_table_agree, setup, teardown),
		cmocka_unit_test_setup_teardown(arguments_are_checked_by_their_schema, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_operation_is_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_strings_harm_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(another_tenant_is_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_written_into_another_tenant, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    connections_of_another_tenant_cannot_be_seen_or_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(get_me_says_who_and_where, setup, teardown),
		cmocka_unit_test_setup_teardown(list_users_searches_and_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    create_user_makes_a_person_and_a_link_that_is_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(create_link_makes_a_member_of_somebody_new, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    ones_own_connection_is_ended_by_typing_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(protect_chooses_a_path_and_tells_the_daemon, setup, teardown),
		cmocka_unit_test_setup_teardown(every_writing_call_is_one_audit_row, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    why_says_what_arrived_what_was_expected_which_rule_and_the_mend, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
