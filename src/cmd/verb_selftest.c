/* gatehouse selftest: which of the known clients would get through, and what stops the others. */
#include "base/time.h"
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/findings.h"
#include "cmd/selftest.h"
#include "cmd/verbs.h"
#include "core/nearest.h"

struct test {
	struct cli *cli;
	struct findings f;
	struct memo *memo;
	const struct habits *only; /* NULL: all */
	int64_t now;
};

static int unknown(const struct cli *cli, str id)
{
	struct nearest n = nearest_of(id);
	struct buf b = BUF(cli->mem);

	for (size_t i = 0; i < known_habits_count; i++) {
		nearest_try(&n, known_habits[i].id);
		buf_printf(&b, "%s%.*s", i ? ", " : "", FMT(known_habits[i].id));
	}
	str near = nearest_found(&n);
	return cli_wrong(cli, "there is no client `%.*s`%s%.*s%s Known are %.*s.", FMT(str_sub(id, 0, 64)),
	    near.n ? "; did you mean `" : ".", FMT(near), near.n ? "`?" : "", FMT(buf_str(&b)));
}

static bool has_handshake(const struct cli *cli, const struct habits *h)
{
	str registered, asked;

	return habits_address(cli->mem, h, false, 0, SELFTEST_PORT, &registered, &asked);
}

/* One client by itself: every step. */
static void tell_steps(struct test *t, const struct selftest *s)
{
	for (const struct remark *r = s->w.v.first; r; r = r->next)
		findings_add(&t->f, r->kind, r->what, r->seen, r->remedy);
}

/* One of many: what stops it, or one line that nothing does, or that it could not be tried. */
static void tell_result(struct test *t, const struct selftest *s)
{
	struct arena *mem = t->cli->mem;
	const struct remark *untried = NULL;

	for (const struct remark *r = s->w.v.first; r; r = r->next) {
		if (r->kind == FINDING_FAIL)
			findings_add(&t->f, r->kind,
			    arena_printf(mem, "%.*s, %s", FMT(s->h->name), r->what).p, r->seen, r->remedy);
		else if (r->kind == FINDING_UNTRIED)
			untried = r; /* of all its addresses for one reason */
	}
	if (untried)
		findings_add(&t->f, untried->kind, arena_printf(mem, "%.*s", FMT(s->h->name)).p,
		    untried->seen, untried->remedy);
	else if (!s->w.v.failed)
		findings_add(&t->f, FINDING_OK, arena_printf(mem, "%.*s", FMT(s->h->name)).p,
		    arena_printf(mem, "%s, then the sign-in page%s",
			s->documented ? "by its document" : "registered",
			s->pages > 1 ? " for each of its addresses" : ""),
		    S(""));
}

static void test_client(struct test *t, const struct habits *h, str url)
{
	struct selftest s;

	t->f.client = h->id;
	selftest_run(&s, t->cli->mem, t->memo, h, url, t->now);
	if (t->only)
		tell_steps(t, &s);
	else
		tell_result(t, &s);
	t->f.client = S("");
}

/* Is anybody there? Otherwise thirty clients would say the same. */
static bool reach(struct test *t, str url)
{
	struct walk w = { .memo = t->memo };
	struct question q = { .method = S("HEAD") };
	struct probe_answer a;

	walk_begin(&w, t->cli->mem, t->now);
	if (!judge_address(&w.v, url, &w.url))
		return false;
	q.url = address_plain(t->cli->mem, &w.url);
	(void)walk_try(&w, &q, &a);
	(void)judge_connection(&w.v, &w.url, &a);
	for (const struct remark *r = w.v.first; r; r = r->next)
		if (r->kind == FINDING_FAIL)
			findings_add(&t->f, r->kind, r->what, r->seen, r->remedy);
	return w.v.failed == 0;
}

static void test_address(struct test *t, str url)
{
	findings_about(&t->f, url);
	if (!reach(t, url))
		return;
	for (size_t i = 0; i < known_habits_count; i++) {
		const struct habits *h = &known_habits[i];
		if (t->only ? t->only == h : has_handshake(t->cli, h))
			test_client(t, h, url);
	}
}

/* Without an address: all that this server protects. */
static int test_all(struct test *t)
{
	const struct config *config = cli_config(t->cli);
	const struct json *all;

	if (!config)
		return CLI_FAILED;
	int rc = ask_resources(t->cli, config, &all);
	for (JSON_EACH(r, all))
		test_address(t, json_get_str(r, S("identifier")));
	return rc;
}

int verb_selftest(struct cli *cli)
{
	struct test t = { .cli = cli, .now = time_now(), .memo = memo_new(cli->mem) };
	str as = cli_value(cli, S("--as"));

	if (as.p) {
		t.only = habits_find(as);
		if (!t.only)
			return unknown(cli, as);
		if (!has_handshake(cli, t.only))
			return cli_failed(
			    "it is not known where %.*s takes an answer, so there is nothing to replay.",
			    FMT(t.only->name));
	}
	if (cli->count && !address_web(cli->words[0]))
		return cli_not_web(cli, cli->words[0]);
	t.f = findings_begin(cli);
	if (cli->count) {
		test_address(&t, cli->words[0]);
		return findings_end(&t.f);
	}
	int rc = test_all(&t);
	return rc == CLI_DONE ? findings_end(&t.f) : rc;
}
