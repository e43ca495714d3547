/*
 * Answers of a stranger's server, as selftest and doctor judge them: whatever is sent, what is found is printable and of
 * bounded length, has its remedy, and an address to go on to is one of http or https.
 * covers: src/cmd/selftest_judge.c src/cmd/doctor_challenge.c src/cmd/doctor_document.c src/cmd/doctor_resource.c
 */
#include "cmd/doctor_verdict.c"
#include "cmd/doctor_address.c"
#include "cmd/doctor_document.c"
#include "cmd/doctor_resource.c"
#include "cmd/doctor_issuer.c"
#include "cmd/doctor_challenge.c"
#undef WHAT
#include "cmd/selftest_judge.c"

#include <stdlib.h>

#define MUST(truth)              \
	do {                     \
		if (!(truth))    \
			abort(); \
	} while (0)

static struct selftest begin(struct arena *mem, size_t which)
{
	struct selftest s = { .h = &known_habits[which % known_habits_count] };

	s.w.mem = s.w.v.mem = mem;
	MUST(url_parse(S("https://mcp.example/mcp"), &s.w.url) == OK);
	s.w.plain = S("https://mcp.example/mcp");
	MUST(json_parse(mem, S("{\"authorization_endpoint\":\"https://mcp.example/authorize\"}"), &s.as,
		 NULL) == OK);
	return s;
}

static void told(const struct selftest *s)
{
	for (const struct remark *r = s->w.v.first; r; r = r->next) {
		MUST(r->seen.n <= VERDICT_SEEN_MAX && str_within(r->seen, 0x20, 0x7e));
		MUST((r->kind == FINDING_OK) == (r->remedy.n == 0));
	}
}

static void metadata(struct selftest *s, const struct probe_answer *a)
{
	const struct json *doc = judge_readable(&s->w.v, "metadata", S("https://mcp.example/x"), a);

	if (doc && selftest_judge_resource(s, S("https://mcp.example/x"), doc))
		MUST(s->issuer.n && s->facts.resource.n);
	s->issuer = S("https://mcp.example");
	if (doc && selftest_judge_issuer(s, doc, a->body.n & 1)) {
		MUST(s->as == doc);
		MUST(!selftest_choose(s) || !s->documented || known_document(s->client_id));
	}
}

static void person(struct selftest *s, const struct probe_answer *a)
{
	const struct selftest_ask ask = { .registered = S("http://127.0.0.1/cb"),
		.redirect_uri = S("http://127.0.0.1:43117/cb"),
		.prompt = s->h->prompt,
		.port_matters = a->body.n & 2 };
	str next;

	if (selftest_judge_authorize(s, &ask, a, &next))
		MUST(next.n == 0 || address_web(next));
	else
		MUST(s->w.v.failed > 0);
	selftest_judge_page(s, &ask, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe_answer a = { .stage = PROBE_DONE };
	size_t scan = 0, used = 0;

	if (size < 2 || size > 40000)
		return 0;
	struct arena *mem = arena_new(8 << 20);
	str text = { (const char *)data + 1, size - 1 };
	if (http_parse_response(mem, text, &scan, false, &a.res, &used) == OK && used) {
		a.body = str_sub(text, used, text.n);
		struct selftest s = begin(mem, data[0]);
		selftest_read_challenge(&s, &a.res);
		MUST(!str_has(s.metadata, '"') && !str_has(s.facts.challenged, '"'));
		metadata(&s, &a);
		told(&s);
		s = begin(mem, data[0]);
		MUST(
		    !selftest_judge_registration(&s, S("https://mcp.example/register"), &a) || s.client_id.n);
		person(&s, &a);
		told(&s);
	}
	arena_unref(mem);
	return 0;
}
