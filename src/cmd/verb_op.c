/* Any operation as a verb: gatehouse create_user --email … */
#include "admin/op.h"
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/show.h"
#include "cmd/verbs.h"

/* The argument that a flag means: "--user-id" and "--user_id" are user_id. */
static bool means(str flag, str field)
{
	if (flag.n != field.n + 2)
		return false;
	for (size_t i = 0; i < field.n; i++)
		if (flag.p[i + 2] != field.p[i] && !(flag.p[i + 2] == '-' && field.p[i] == '_'))
			return false;
	return true;
}

/* A value as the schema's type, as far as the text allows; what does not fit is the operation's to refuse. */
static void write_value(struct jout *j, const struct op_field *f, str value)
{
	int64_t n;

	if (f->type == OP_BOOLEAN)
		jout_bool(j, f->name, true);
	else if (f->type == OP_INTEGER && str_int(value, &n))
		jout_int(j, f->name, n);
	else
		jout_str(j, f->name, value);
}

static void write_field(struct jout *j, const struct cli *cli, const struct op_field *f)
{
	bool list = false;

	for (size_t i = 0; i < cli->flag_count; i++) {
		if (!means(cli->flags[i].name, f->name))
			continue;
		if (f->type != OP_STRINGS) {
			write_value(j, f, cli->flags[i].value);
			return;
		}
		if (!list)
			jout_array(j, f->name);
		list = true;
		jout_str(j, S(""), cli->flags[i].value);
	}
	if (list)
		jout_end(j);
}

int verb_op(struct cli *cli)
{
	const struct op *op = op_find(cli->verb->name);
	const struct config *config = cli_config(cli);
	struct buf b = BUF(cli->mem);
	struct jout j = JOUT(&b);
	struct answer a;

	if (!op || !config)
		return CLI_FAILED;
	jout_object(&j, S(""));
	for (size_t i = 0; i < op->field_count; i++)
		write_field(&j, cli, &op->fields[i]);
	jout_end(&j);
	int rc = ask_op(cli, config, op->name, buf_str(&b), &a);
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok)
		return ask_refused(&a);
	if (cli_has(cli, S("--json")))
		cli_say("%.*s\n", FMT(a.text));
	else
		show_result(a.result);
	return CLI_DONE;
}
