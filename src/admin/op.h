/*
 * op: the operations. Each is a row made by the build from tables/ops/NOUN.json, and a function in admin/NOUN.c. The row
 * gives its faces (MCP tool, command line verb, page of the reference) and the checks of its arguments; op_run is the one
 * door through which all of them go: scope, permission, arguments, read-only mode, audit. The function only does its work.
 */
#ifndef ADMIN_OP_H
#define ADMIN_OP_H

#include "base/json.h"
#include "core/ctx.h"

enum op_type { OP_STRING, OP_INTEGER, OP_BOOLEAN, OP_STRINGS };
enum op_format { OP_FORMAT_NONE, OP_FORMAT_EMAIL };

/* One argument, as its schema says. */
struct op_field {
	str name;
	enum op_type type;
	enum op_format format;
	bool required;
	bool unique; /* OP_STRINGS */
	bool has_min, has_max;
	int64_t min, max; /* a string's characters, an integer's value, an array's items */
	int64_t item_max; /* OP_STRINGS: characters of an item; 0: any */
	const str *choices;
	size_t choice_count;
	str fallback; /* the default as text; empty: none */
	str help;
};

struct op;

/* A call whose arguments fit the schema. */
struct op_call {
	const struct op *op;
	const struct json *args; /* an object, or NULL */
};

struct op {
	str name, title, description;
	str scope;      /* of a token; empty: any valid token */
	str permission; /* of the role, "User.ReadUser"; empty: anybody */
	bool own;       /* everybody may for what is their own; the function asks authorize() for the rest */
	bool writes;    /* runs on WRITE, else on READ */
	bool destructive;
	bool mcp; /* a tool of the management server; else the command line's only */
	const struct op_field *fields;
	size_t field_count;
	str tool; /* its entry of tools/list, a JSON object's text */
	enum err (*run)(
	    struct ctx *c, const struct op_call *q, struct jout *out); /* writes the members of the result */
};

/* The rows, ordered by name. */
const struct op *op_find(str name);
const struct op *op_at(size_t i); /* NULL behind the last one */
/* Where op_run must be called for it. */
enum lane op_lane(const struct op *op);

/* SCOPE_SHORT when the token lacks the operation's scope; fail.need_scope is then all that the client should ask for. */
CHECKED enum err op_scope_check(struct ctx *c, const struct op *op);
/* True when the actor's role may use it at all. The scope of the token plays no part, so that step-up can happen. */
bool op_visible(const struct ctx *c, const struct op *op);

/*
 * Runs the operation for c->actor with c->db of op_lane(): checks first, works then, and writes one audit row when it is
 * a writing one, also of a refusal. args may be NULL. The result, a JSON object, goes to out. OP_NOT_FOUND for a name that
 * is none. What went wrong stands in c->fail.
 */
CHECKED enum err op_run(struct ctx *c, str name, const struct json *args, struct buf *out);

/* The refusal or fault e, with what c->fail knows, as {"error":{"code","message","details"}}. */
void op_error_write(const struct ctx *c, enum err e, struct buf *out);

/* Arguments of a call; what was not given is the schema's default, or empty, 0, false. */
str op_text(const struct op_call *q, str name);
int64_t op_number(const struct op_call *q, str name);
bool op_flag(const struct op_call *q, str name);
bool op_given(const struct op_call *q, str name);

#endif
