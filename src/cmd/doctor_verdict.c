#include "cmd/doctor_verdict.h"

#include <stdarg.h>
#include <stdio.h>

/* No control characters: an escape sequence of a hostile server would write on the screen what it likes. */
static void tame(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			text[i] = '?';
}

static void add(
    struct verdict *v, enum finding kind, const char *what, const char *remedy, const char *fmt, va_list ap)
{
	char text[VERDICT_SEEN_MAX + 1];
	struct remark *r = NEW(v->mem, struct remark);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	size_t kept = n < 0 ? 0 : n > VERDICT_SEEN_MAX ? VERDICT_SEEN_MAX : (size_t)n;

	tame(text, kept);
	r->kind = kind;
	r->what = what;
	r->seen = n > VERDICT_SEEN_MAX ? arena_printf(v->mem, "%.*s...", VERDICT_SEEN_MAX - 3, text)
				       : arena_copy(v->mem, (str){ text, kept });
	r->remedy = str_of(remedy);
	if (v->last)
		v->last->next = r;
	else
		v->first = r;
	v->last = r;
	v->failed += kind == FINDING_FAIL;
	if (v->tell)
		v->tell(v->to, r);
}

void verdict_ok(struct verdict *v, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(v, FINDING_OK, what, "", fmt, ap);
	va_end(ap);
}

void verdict_note(struct verdict *v, const char *what, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(v, v->strict ? FINDING_FAIL : FINDING_NOTE, what, remedy, fmt, ap);
	va_end(ap);
}

void verdict_fail(struct verdict *v, const char *what, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(v, FINDING_FAIL, what, remedy, fmt, ap);
	va_end(ap);
}
