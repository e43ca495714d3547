/* gatehouse: the first word is a verb of tables/verbs.def, or an operation of tables/ops. */
#include "admin/op.h"
#include "cmd/verbs.h"
#include "core/nearest.h"

#include <signal.h>
#include <stdio.h>

#define FLAG(name_, value_, words_)                                  \
	{                                                            \
		S_INIT(name_), S_INIT(value_), S_INIT(words_), false \
	}
#define VERB(name_, args_, least_, most_, words_, ...) \
	static const struct cli_flag flags_##name_[] = { __VA_ARGS__ };
#include "verbs.def"
#undef VERB
#define VERB(name_, args_, least_, most_, words_, ...)                                                       \
	{ S_INIT(#name_), S_INIT(args_), S_INIT(words_), least_, most_, flags_##name_, COUNT(flags_##name_), \
		verb_##name_ },
static const struct verb verbs[] = {
#include "verbs.def"
};
#undef VERB
#undef FLAG

/* The flags of an operation are its arguments; both spellings, with '_' and with '-'. */
static const struct verb *verb_of_op(struct arena *mem, const struct op *op)
{
	struct verb *v = NEW(mem, struct verb);
	struct cli_flag *flags = NEW_ARRAY(mem, struct cli_flag, op->field_count * 2 + 1);
	size_t n = 0;

	for (size_t i = 0; i < op->field_count; i++) {
		const struct op_field *f = &op->fields[i];
		str name = arena_printf(mem, "--%.*s", FMT(f->name)), dashed = arena_copy(mem, name);
		char *p = (char *)(uintptr_t)dashed.p;
		for (size_t k = 0; k < dashed.n; k++)
			if (p[k] == '_')
				p[k] = '-';
		flags[n++] = (struct cli_flag){ name,
			f->type == OP_BOOLEAN       ? S("")
			    : f->type == OP_INTEGER ? S("NUMBER")
						    : S("TEXT"),
			f->help, f->type == OP_STRINGS };
		if (!str_eq(name, dashed)) {
			flags[n] = flags[n - 1];
			flags[n].words = S("the same");
			flags[n++].name = dashed;
		}
	}
	flags[n++] = (struct cli_flag){ S("--json"), S(""), S("one JSON object"), false };
	*v = (struct verb){
		.name = op->name, .words = op->description, .flags = flags, .flag_count = n, .run = verb_op
	};
	return v;
}

static const struct verb *find(struct arena *mem, str name)
{
	const struct op *op = op_find(name);

	for (size_t i = 0; i < COUNT(verbs); i++)
		if (str_eq(verbs[i].name, name))
			return &verbs[i];
	return op ? verb_of_op(mem, op) : NULL;
}

static void say_line(str name, str args, str words)
{
	int width = (int)(name.n + args.n + 1);

	cli_say("  %.*s %.*s%*s%.*s\n", FMT(name), FMT(args), width < 26 ? 26 - width : 1, "", FMT(words));
}

static int help_all(void)
{
	const struct op *op;

	cli_say("gatehouse: OAuth in front of MCP servers.\n\n");
	for (size_t i = 0; i < COUNT(verbs); i++)
		say_line(verbs[i].name, verbs[i].args, verbs[i].words);
	cli_say("\nOperations, each with --json and its arguments as flags:\n\n");
	for (size_t i = 0; (op = op_at(i)); i++)
		say_line(op->name, S(""), op->title);
	cli_say(
	    "\n`gatehouse help VERB` says more. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.\n");
	return CLI_DONE;
}

static int unknown(str name)
{
	struct nearest n = nearest_of(name);
	const struct op *op;

	for (size_t i = 0; i < COUNT(verbs); i++)
		nearest_try(&n, verbs[i].name);
	for (size_t i = 0; (op = op_at(i)); i++)
		nearest_try(&n, op->name);
	str near = nearest_found(&n);
	fprintf(stderr, "gatehouse: there is no verb `%.*s`%s%.*s%s `gatehouse help` lists them.\n",
	    FMT(str_sub(name, 0, 64)), near.n ? "; did you mean `" : ".", FMT(near), near.n ? "`?" : "");
	return CLI_USAGE;
}

static int help(struct arena *mem, int argc, char **argv)
{
	if (argc < 1)
		return help_all();
	const struct verb *v = find(mem, str_of(argv[0]));
	if (!v)
		return unknown(str_of(argv[0]));
	cli_usage(v);
	return CLI_DONE;
}

static int run(struct arena *mem, int argc, char **argv)
{
	struct cli cli = { .mem = mem };
	str name = str_of(argv[0]);

	if (str_eq(name, S("help")) || str_eq(name, S("--help")) || str_eq(name, S("-h")))
		return help(mem, argc - 1, argv + 1);
	if (str_eq(name, S("--version")))
		name = S("version");
	cli.verb = find(mem, name);
	if (!cli.verb)
		return unknown(name);
	int rc = cli_parse(&cli, argc - 1, argv + 1);
	if (rc == -1) {
		cli_usage(cli.verb);
		return CLI_DONE;
	}
	return rc == CLI_DONE ? cli.verb->run(&cli) : rc;
}

int main(int argc, char **argv)
{
	struct arena *mem = arena_new((size_t)64 << 20);

	(void)signal(SIGPIPE, SIG_IGN);
	int rc = argc < 2 ? help_all() : run(mem, argc - 1, argv + 1);
	if (argc < 2)
		rc = CLI_USAGE;
	arena_unref(mem);
	if (fflush(stdout) != 0 && rc == CLI_DONE)
		rc = CLI_FAILED;
	return rc;
}
