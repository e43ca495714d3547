/* Where the findings of a walk go: to the verb's list, or to a file of its own. */
#include "cmd/doctor.h"

#include "base/time.h"
#include "cmd/doctor_walk.h"

#define RUN_MEMORY (64 << 20)

static void to_findings(void *to, const struct remark *r)
{
	findings_add(to, r->kind, r->what, r->seen, r->remedy);
}

void doctor_walk(struct doctor *d, str url, str upstream)
{
	struct walk w = { .v = { .tell = to_findings, .to = &d->f }, .issuer_seen = d->issuer_seen };

	walk_begin(&w, d->cli->mem, d->now);
	findings_about(&d->f, url);
	(void)walk_run(&w, url, upstream);
	d->issuer_seen = w.issuer_seen;
}

static void to_lines(void *to, const struct remark *r)
{
	static const char *const words[] = { "ok", "note", "FAIL" };

	fprintf(to, "%-4s  %s: %.*s\n", words[r->kind], r->what, FMT(r->seen));
	if (r->remedy.n)
		fprintf(to, "      -> %.*s\n", FMT(r->remedy));
	(void)fflush(to); /* the next one may take its time */
}

static void put_json(FILE *out, const struct verdict *v)
{
	static const char *const words[] = { "ok", "note", "fail" };
	struct buf b = BUF(v->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_array(&j, S("findings"));
	for (const struct remark *r = v->first; r; r = r->next) {
		jout_object(&j, S(""));
		jout_strz(&j, S("kind"), words[r->kind]);
		jout_strz(&j, S("what"), r->what);
		jout_str(&j, S("seen"), r->seen);
		jout_str_opt(&j, S("remedy"), r->remedy);
		jout_end(&j);
	}
	jout_end(&j);
	jout_int(&j, S("failed"), (int64_t)v->failed);
	jout_end(&j);
	fprintf(out, "%.*s\n", FMT(buf_str(&b)));
}

int doctor_run(str url, FILE *out, bool json)
{
	struct arena *mem = arena_new(RUN_MEMORY);
	struct walk w = { .v = { .tell = json ? NULL : to_lines, .to = out } };

	walk_begin(&w, mem, time_now());
	bool address = walk_run(&w, url, S(""));
	if (json)
		put_json(out, &w.v);
	int rc = !address ? 2 : w.v.failed ? 1 : 0;
	arena_unref(mem);
	return rc;
}
