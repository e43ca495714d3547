/* What the tests of doctor share: answers made from their bytes, findings as text. Included after the judges. */
#ifndef DOCTOR_KIT_H
#define DOCTOR_KIT_H

#include "base/unit.h"
#include "cmd/doctor_judge.h"

#define MEMORY (8 << 20)

/* The bytes of an answer, as the probe gives them. */
static inline struct probe_answer answer(struct arena *mem, str raw)
{
	struct probe_answer a = { .stage = PROBE_DONE, .address = S("192.0.2.1:443") };
	size_t scan = 0, used = 0;

	if (http_parse_response(mem, raw, &scan, false, &a.res, &used) != OK || !used)
		fail_msg("the test's answer is no HTTP: %.*s", FMT(raw));
	a.body = str_sub(raw, used, raw.n);
	return a;
}

static inline struct url address(str text)
{
	struct url u;

	if (url_parse(text, &u) != OK)
		fail_msg("the test's address is none: %.*s", FMT(text));
	return u;
}

/* "FAIL what: seen\n" for each finding, without those that are ok. */
static inline str findings_text(const struct verdict *v)
{
	static const char *const shown[] = { "ok", "note", "FAIL", "skip" };
	struct buf b = BUF(v->mem);

	for (const struct remark *r = v->first; r; r = r->next)
		if (r->kind != FINDING_OK)
			buf_printf(&b, "%s %s: %.*s\n", shown[r->kind], r->what, FMT(r->seen));
	return buf_str(&b);
}

/* The findings are these; whatever is not well has a remedy of one sentence, what is well has none. */
static inline void found(const char *sentence, const struct verdict *v, const char *want)
{
	size_t failed = 0;

	same(sentence, findings_text(v), str_of(want));
	for (const struct remark *r = v->first; r; r = r->next) {
		failed += r->kind == FINDING_FAIL;
		holds(sentence, str_within(r->seen, 0x20, 0x7e));
		holds(sentence, (r->kind == FINDING_OK) == (r->remedy.n == 0));
		holds(sentence, r->kind == FINDING_OK || str_ends(r->remedy, S(".")));
		holds(sentence, str_find(r->remedy, S(". ")) < 0);
	}
	same_int(sentence, (int64_t)v->failed, (int64_t)failed);
}

static inline size_t ok_count(const struct verdict *v)
{
	size_t n = 0;

	for (const struct remark *r = v->first; r; r = r->next)
		n += r->kind == FINDING_OK;
	return n;
}

#endif
