#include "cmd/cli.h"

#include "core/config_table.h"
#include "core/nearest.h"

#include <stdarg.h>
#include <stdio.h>

const struct cli_flag cli_common[] = {
	{ S_INIT("--config"), S_INIT("FILE"),
	    S_INIT("configuration; else $GATEHOUSE_CONFIG, ./gatehouse.yml, /etc/gatehouse/gatehouse.yml"),
	    false },
	{ S_INIT("--data"), S_INIT("DIR"), S_INIT("directory of the store and the control socket"), false },
	{ S_INIT("--listen"), S_INIT("HOST:PORT"), S_INIT("where the daemon listens"), false },
	{ S_INIT("--base-url"), S_INIT("URL"), S_INIT("the address that people use"), false },
};
const size_t cli_common_count = COUNT(cli_common);

static const struct cli_flag *find_flag(const struct verb *v, str name)
{
	for (size_t i = 0; i < v->flag_count; i++)
		if (str_eq(v->flags[i].name, name))
			return &v->flags[i];
	for (size_t i = 0; i < cli_common_count; i++)
		if (str_eq(cli_common[i].name, name))
			return &cli_common[i];
	return NULL;
}

static int unknown_flag(const struct cli *cli, str name)
{
	struct nearest n = nearest_of(name);

	for (size_t i = 0; i < cli->verb->flag_count; i++)
		nearest_try(&n, cli->verb->flags[i].name);
	for (size_t i = 0; i < cli_common_count; i++)
		nearest_try(&n, cli_common[i].name);
	str near = nearest_found(&n);
	if (near.n)
		return cli_wrong(cli, "there is no flag %.*s; did you mean %.*s?", FMT(name), FMT(near));
	return cli_wrong(cli, "there is no flag %.*s.", FMT(name));
}

/* The flag at argv[*i], with its value, which may stand behind '=' or be the next word. */
static int take_flag(struct cli *cli, int argc, char **argv, int *i)
{
	str text = str_of(argv[*i]), name, value;
	bool joined = str_cut(text, '=', &name, &value);
	const struct cli_flag *f = find_flag(cli->verb, name);

	if (!f)
		return unknown_flag(cli, name);
	if (!f->value.n && joined && !str_eq(value, S("true")) && !str_eq(value, S("false")))
		return cli_wrong(cli, "%.*s takes no value.", FMT(name));
	if (!f->value.n && joined && str_eq(value, S("false")))
		return CLI_DONE;
	if (f->value.n && !joined) {
		if (*i + 1 >= argc)
			return cli_wrong(cli, "%.*s wants %.*s.", FMT(name), FMT(f->value));
		value = str_of(argv[++*i]);
	}
	if (cli_has(cli, name) && !f->many)
		return cli_wrong(cli, "%.*s was given twice.", FMT(name));
	if (cli->flag_count == CLI_FLAGS_MAX)
		return cli_wrong(cli, "too many flags.");
	cli->flags[cli->flag_count].name = f->name;
	cli->flags[cli->flag_count++].value = value;
	return CLI_DONE;
}

static int check_count(const struct cli *cli)
{
	const struct verb *v = cli->verb;

	if (cli->count < v->least)
		return cli_wrong(cli, "%.*s is missing.", FMT(v->args));
	if (cli->count > v->most)
		return cli_wrong(cli, "`%.*s` is one word too many.", FMT(cli->words[v->most]));
	return CLI_DONE;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
	bool flags = true;

	for (int i = 0; i < argc; i++) {
		str word = str_of(argv[i]);
		if (flags && (str_eq(word, S("--help")) || str_eq(word, S("-h"))))
			return -1;
		if (flags && str_eq(word, S("--"))) {
			flags = false;
		} else if (flags && word.n > 1 && word.p[0] == '-') {
			int rc = take_flag(cli, argc, argv, &i);
			if (rc != CLI_DONE)
				return rc;
		} else if (cli->count == CLI_WORDS_MAX) {
			return cli_wrong(cli, "too many words.");
		} else {
			cli->words[cli->count++] = word;
		}
	}
	return check_count(cli);
}

str cli_value(const struct cli *cli, str name)
{
	for (size_t i = 0; i < cli->flag_count; i++)
		if (str_eq(cli->flags[i].name, name))
			return cli->flags[i].value;
	return (str){ NULL, 0 };
}

bool cli_has(const struct cli *cli, str name)
{
	for (size_t i = 0; i < cli->flag_count; i++)
		if (str_eq(cli->flags[i].name, name))
			return true;
	return false;
}

int cli_failed(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("gatehouse: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CLI_FAILED;
}

int cli_wrong(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("gatehouse: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n`gatehouse help %.*s` shows how it is used.\n", FMT(cli->verb->name));
	return CLI_USAGE;
}

int cli_not_web(const struct cli *cli, str word)
{
	return cli_wrong(cli,
	    "`%.*s` is not an http or https URL; give it as people type it: https://host/path.",
	    FMT(str_sub(word, 0, 200)));
}

void cli_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void cli_put(str s)
{
	(void)fwrite(s.p, 1, s.n, stdout);
}

static void print_flags(const struct cli_flag *flags, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct cli_flag *f = &flags[i];
		int width = (int)(f->name.n + f->value.n + 1);
		cli_say("  %.*s %.*s%*s%.*s\n", FMT(f->name), FMT(f->value), width < 26 ? 26 - width : 1, "",
		    FMT(f->words));
	}
}

void cli_usage(const struct verb *verb)
{
	cli_say("gatehouse %.*s%s%.*s [flags]\n\n  %.*s\n\n", FMT(verb->name), verb->args.n ? " " : "",
	    FMT(verb->args), FMT(verb->words));
	print_flags(verb->flags, verb->flag_count);
	print_flags(cli_common, cli_common_count);
}
