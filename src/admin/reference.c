#include "admin/reference.h"
#include "admin/reference_clients.h"

#include "admin/op.h"
#include "core/config_table.h"

/* A cell of a table: '|' would end it. */
static void cell(struct buf *b, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '|')
			buf_char(b, '\\');
		buf_char(b, text.p[i] == '\n' ? ' ' : text.p[i]);
	}
	buf_put(b, S(" | "));
}

static void code(struct buf *b, str text)
{
	if (text.n) {
		buf_char(b, '`');
		buf_put(b, text);
		buf_char(b, '`');
	}
	buf_put(b, S(" | "));
}

/* A row ends without the blank behind its last bar. */
static void row_end(struct buf *b)
{
	b->n--;
	buf_char(b, '\n');
}

static void heading(struct buf *b, const char *title, const char *table)
{
	buf_printf(b, "# %s\n\nPrinted by `gatehouse reference`; made of `%s`.\n\n", title, table);
}

/* ---- config ------------------------------------------------------------------------------------------------------- */

static void write_value_row(struct buf *b, struct arena *mem, const struct config_row *r)
{
	buf_put(b, S("| "));
	code(b, r->key);
	code(b, r->fallback);
	cell(b, r->shape == CONFIG_VALUE ? config_kind_words(r->kind) : S("a list"));
	code(b, r->shape == CONFIG_VALUE ? config_variable(mem, r) : S(""));
	code(b, r->flag);
	cell(b, r->help);
	row_end(b);
}

static void write_config(struct buf *b, struct arena *mem)
{
	heading(b, "Configuration", "tables/config.def");
	buf_put(b,
	    S("Flags win over the environment, the environment over `gatehouse.yml`. Unknown keys are "
	      "errors. `${VARIABLE}` is taken "
	      "in any value, `file://PATH` in any secret.\n\n"
	      "| key | default | value | environment | flag | meaning |\n| --- | --- | --- | --- | --- | --- "
	      "|\n"));
	for (size_t i = 0; i < config_row_count; i++)
		if (config_rows[i].shape == CONFIG_VALUE || config_rows[i].shape == CONFIG_LIST)
			write_value_row(b, mem, &config_rows[i]);
	buf_put(b, S("\n## Keys with a structure of their own\n\n"));
	for (size_t i = 0; i < config_row_count; i++)
		if (config_rows[i].shape == CONFIG_TREE)
			buf_printf(b, "* `%.*s`: %.*s\n", FMT(config_rows[i].key), FMT(config_rows[i].help));
	buf_put(b, S("\n## Keys that later versions serve\n\nThey are refused, not ignored.\n\n"));
	for (size_t i = 0; i < config_row_count; i++) {
		const struct config_row *r = &config_rows[i];
		if (r->shape == CONFIG_LATER)
			buf_printf(b, "* `%.*s`: %.*s\n", FMT(r->key), FMT(r->help));
		else if (r->shape == CONFIG_FIXED)
			buf_printf(b, "* `%.*s`: %.*s Only `%.*s` so far.\n", FMT(r->key), FMT(r->help),
			    FMT(r->fallback));
	}
}

/* ---- errors ------------------------------------------------------------------------------------------------------- */

static void write_errors(struct buf *b, struct arena *mem)
{
	(void)mem;
	heading(b, "Errors", "tables/err.def");
	buf_put(b,
	    S("| name | HTTP | code | what is said | expected | rule | how to mend it |\n| --- | --- | --- | "
	      "--- | --- | --- | --- |\n"));
	for (int i = 1; i < ERR_COUNT; i++) {
		const struct err_row *r = err_row((enum err)i);
		if (r->kind == ERR_KIND_INNER)
			continue;
		buf_printf(b, "| `%s` | %d | ", r->name, r->status);
		code(b, str_of(r->code));
		cell(b, str_of(r->words));
		cell(b, str_of(r->expected));
		cell(b, str_of(r->rule));
		cell(b, str_of(r->mend));
		row_end(b);
	}
}

/* ---- routes ------------------------------------------------------------------------------------------------------- */

static const struct {
	str methods, path, guard, style, cors;
	int64_t body;
} routes[] = {
#define ROUTE(methods_, path_, handler_, lane_, guard_, style_, cors_, body_) \
	{ S_INIT(#methods_), S_INIT(path_), S_INIT(#guard_), S_INIT(#style_), S_INIT(#cors_), body_ },
#include "routes.def"
#undef ROUTE
};

static void write_methods(struct buf *b, str text)
{
	str word;
	bool more = false;

	while (str_word(&text, ' ', &word)) {
		if (str_eq(word, S("|")))
			continue;
		buf_printf(b, "%s%.*s", more ? ", " : "", FMT(str_sub(word, sizeof "HTTP_" - 1, word.n)));
		more = true;
	}
	buf_put(b, S(" | "));
}

static str guard_words(str guard)
{
	static const struct {
		str guard, words;
	} rows[] = {
		{ S_INIT("NONE"), S_INIT("anybody") },
		{ S_INIT("MAYBE"), S_INIT("anybody; a session is read") },
		{ S_INIT("SESSION"), S_INIT("a signed-in browser") },
		{ S_INIT("FORM"), S_INIT("a form of ours") },
		{ S_INIT("SESSION_FORM"), S_INIT("a form of ours, signed in") },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (str_eq(rows[i].guard, guard))
			return rows[i].words;
	return guard;
}

static void write_routes(struct buf *b, struct arena *mem)
{
	(void)mem;
	heading(b, "Addresses", "tables/routes.def");
	buf_put(b,
	    S("Relative to the issuer. The management server and the protected resources stand at their own "
	      "paths.\n\n"
	      "| path | methods | who | refusals | other origins | body |\n| --- | --- | --- | --- | --- | "
	      "--- |\n"));
	for (size_t i = 0; i < COUNT(routes); i++) {
		buf_put(b, S("| "));
		code(b, routes[i].path);
		write_methods(b, routes[i].methods);
		cell(b, guard_words(routes[i].guard));
		cell(b,
		    str_eq(routes[i].style, S("PAGE"))       ? S("page")
			: str_eq(routes[i].style, S("JSON")) ? S("JSON")
							     : S("text"));
		cell(b, str_eq(routes[i].cors, S("OPEN")) ? S("without credentials") : S("no"));
		buf_int(b, routes[i].body);
		buf_put(b, S(" | "));
		row_end(b);
	}
}

/* ---- operations --------------------------------------------------------------------------------------------------- */

static const char *type_words(const struct op_field *f)
{
	switch (f->type) {
	case OP_STRING:
		return f->format == OP_FORMAT_EMAIL ? "e-mail address" : "text";
	case OP_INTEGER:
		return "number";
	case OP_BOOLEAN:
		return "true or false";
	case OP_STRINGS:
		return "list of texts";
	}
	return "";
}

static void write_limits(struct buf *b, const struct op_field *f)
{
	for (size_t i = 0; i < f->choice_count; i++)
		buf_printf(b, "%s`%.*s`", i ? ", " : "", FMT(f->choices[i]));
	if (f->has_min && f->has_max)
		buf_printf(b, "%lld to %lld", (long long)f->min, (long long)f->max);
	else if (f->has_min)
		buf_printf(b, "at least %lld", (long long)f->min);
	else if (f->has_max)
		buf_printf(b, "at most %lld", (long long)f->max);
	buf_put(b, S(" | "));
}

static void write_fields(struct buf *b, const struct op *op)
{
	if (!op->field_count) {
		buf_put(b, S("No arguments.\n\n"));
		return;
	}
	buf_put(b,
	    S("| argument | kind | needed | limits | default | meaning |\n| --- | --- | --- | --- | --- | "
	      "--- |\n"));
	for (size_t i = 0; i < op->field_count; i++) {
		const struct op_field *f = &op->fields[i];
		buf_put(b, S("| "));
		code(b, f->name);
		cell(b, str_of(type_words(f)));
		cell(b, f->required ? S("yes") : S("no"));
		write_limits(b, f);
		code(b, f->fallback);
		cell(b, f->help);
		row_end(b);
	}
	buf_char(b, '\n');
}

/* The names of the result's members, out of its schema. */
static void write_result(struct buf *b, struct arena *mem, const struct op *op)
{
	const struct json *tool;
	const char *between = "Result: ";

	if (json_parse(mem, op->tool, &tool, NULL) != OK)
		return;
	for (JSON_EACH(m, json_get(json_get(tool, S("outputSchema")), S("properties")))) {
		buf_printf(b, "%s`%.*s`", between, FMT(m->key));
		between = ", ";
	}
	buf_put(b, S(".\n\n"));
}

static void write_operations(struct buf *b, struct arena *mem)
{
	const struct op *op;

	heading(b, "Operations", "tables/ops");
	buf_put(b,
	    S("Each is a verb of the command line (`gatehouse NAME --argument value`); those marked *tool* "
	      "are also tools of the "
	      "management MCP server.\n\n"));
	for (size_t i = 0; (op = op_at(i)); i++) {
		buf_printf(b, "## %.*s\n\n%.*s\n\n", FMT(op->name), FMT(op->description));
		buf_printf(b, "%s%s", op->mcp ? "*tool* · " : "", op->writes ? "writes" : "reads");
		if (op->destructive)
			buf_put(b, S(" · destructive"));
		if (op->scope.n)
			buf_printf(b, " · scope `%.*s`", FMT(op->scope));
		if (op->permission.n)
			buf_printf(b, " · permission `%.*s`%s", FMT(op->permission),
			    op->own ? " (not for one's own)" : "");
		buf_put(b, S("\n\n"));
		write_fields(b, op);
		write_result(b, mem, op);
	}
	b->n--; /* one line break at the end */
}

/* ---- scopes and events -------------------------------------------------------------------------------------------- */

static void write_scopes(struct buf *b, struct arena *mem)
{
	(void)mem;
	heading(b, "Scopes", "tables/scopes.def");
	buf_put(b,
	    S("A resource of `gatehouse.yml` names its own; one that names none has `mcp:tools`.\n\n"
	      "| scope | of | a first challenge asks for it | words of the consent page |\n| --- | --- | --- "
	      "| --- |\n"));
#define MANAGEMENT "management"
#define TOOLS "resources that name none"
#define OPENID "the person"
#define SCOPE(scope_, of_, challenged_, words_)       \
	buf_put(b, S("| `" scope_ "` | " of_ " | ")); \
	cell(b, challenged_ ? S("yes") : S("no"));    \
	cell(b, S(words_));                           \
	row_end(b);
#include "scopes.def"
#undef SCOPE
#undef OPENID
#undef TOOLS
#undef MANAGEMENT
}

static void write_events(struct buf *b, struct arena *mem)
{
	const struct op *op;

	(void)mem;
	heading(b, "Audit events", "tables/events.def");
	buf_put(b,
	    S("`gatehouse log --event NAME` shows them; a name stands for all that begin with it.\n\n"
	      "| event | meaning |\n| --- | --- |\n"));
#define EVENT(name_, words_)               \
	buf_put(b, S("| `" name_ "` | ")); \
	cell(b, S(words_));                \
	row_end(b);
#include "events.def"
#undef EVENT
	for (size_t i = 0; (op = op_at(i)); i++) {
		if (!op->writes)
			continue;
		buf_printf(b, "| `op.%.*s` | ", FMT(op->name));
		cell(b, op->title);
		row_end(b);
	}
}

/* ---- the topics --------------------------------------------------------------------------------------------------- */

const struct reference reference_topics[] = {
	{ S_INIT("clients"), S_INIT("the applications that are known, and what they send"),
	    reference_clients_page, reference_clients_json },
	{ S_INIT("config"), S_INIT("every key of gatehouse.yml"), write_config, NULL },
	{ S_INIT("errors"), S_INIT("every way to be refused, and how to mend it"), write_errors, NULL },
	{ S_INIT("events"), S_INIT("the names of the audit trail"), write_events, NULL },
	{ S_INIT("operations"), S_INIT("the operations with their arguments"), write_operations, NULL },
	{ S_INIT("routes"), S_INIT("the addresses this server answers at"), write_routes, NULL },
	{ S_INIT("scopes"), S_INIT("the scopes that Gatehouse itself knows"), write_scopes, NULL },
};
const size_t reference_count = COUNT(reference_topics);

const struct reference *reference_find(str topic)
{
	for (size_t i = 0; i < reference_count; i++)
		if (str_eq(reference_topics[i].topic, topic))
			return &reference_topics[i];
	return NULL;
}
