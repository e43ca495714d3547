#include "cmd/findings.h"

#include <stdio.h>

/* for people, and for --json */
static const char *const words[] = { "ok", "note", "FAIL", "skip" };
static const char *const kinds[] = { "ok", "note", "fail", "untried" };

struct findings findings_begin(const struct cli *cli)
{
	struct findings f = { .mem = cli->mem, .json = cli_has(cli, S("--json")), .out = BUF(cli->mem) };

	f.j = (struct jout)JOUT(&f.out);
	return f;
}

/* The writer points at its buffer, which moves with the struct: tie them again. */
static struct jout *writer(struct findings *f)
{
	f->j.b = &f->out;
	if (!f->out.n) {
		jout_object(&f->j, S(""));
		jout_array(&f->j, S("findings"));
	}
	return &f->j;
}

void findings_about(struct findings *f, str what)
{
	f->about = what;
	if (!f->json)
		cli_say("%.*s\n", FMT(what));
}

void findings_add(struct findings *f, enum finding kind, const char *what, str seen, str remedy)
{
	f->failed += kind == FINDING_FAIL;
	f->untried += kind == FINDING_UNTRIED;
	if (f->json) {
		struct jout *j = writer(f);
		jout_object(j, S(""));
		jout_strz(j, S("kind"), kinds[kind]);
		jout_str_opt(j, S("address"), f->about);
		jout_str_opt(j, S("client"), f->client);
		jout_strz(j, S("what"), what);
		jout_str(j, S("seen"), seen);
		jout_str_opt(j, S("remedy"), remedy);
		jout_end(j);
		return;
	}
	cli_say("  %-4s  %s%s%.*s\n", words[kind], what, seen.n ? ": " : "", FMT(seen));
	if (kind == FINDING_UNTRIED)
		f->reach = remedy;
	else if (kind != FINDING_OK && remedy.n)
		cli_say("        -> %.*s\n", FMT(remedy));
	(void)fflush(stdout); /* the next one may take its time */
}

int findings_end(struct findings *f)
{
	if (f->json) {
		struct jout *j = writer(f);
		jout_end(j);
		jout_int(j, S("failed"), (int64_t)f->failed);
		jout_int(j, S("untried"), (int64_t)f->untried);
		jout_end(j);
		cli_say("%.*s\n", FMT(buf_str(&f->out)));
		return f->failed || f->untried ? CLI_FAILED : CLI_DONE;
	}
	if (f->failed)
		cli_say("\n%zu to mend.\n", f->failed);
	if (f->untried)
		cli_say("\n%zu not tried.\n        -> %.*s\n", f->untried, FMT(f->reach));
	return f->failed || f->untried ? CLI_FAILED : CLI_DONE;
}
