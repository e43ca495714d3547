#include "cmd/doctor_verdict.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

/*
 * Nothing but what can be seen: an escape sequence of a hostile server would write on the screen what it likes, and what
 * turns the direction of text would hide what it says.
 */
static void tame(char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		str rest = { text + i, n - i };
		size_t step = str_utf8_step(rest);
		if (step == 0 || (text[i] != ' ' && !text_name_ok(str_sub(rest, 0, step), step))) {
			text[i] = '?';
			step = 1;
		}
		i += step;
	}
}

/* Where to cut so that dots have room and no sign of several bytes is cut in two. */
static int cut_at(const char *text)
{
	int n = VERDICT_SEEN_MAX - 3;

	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
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
	r->seen = n > VERDICT_SEEN_MAX ? arena_printf(v->mem, "%.*s...", cut_at(text), text)
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

void verdict_untried(struct verdict *v, const char *what, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(v, FINDING_UNTRIED, what, remedy, fmt, ap);
	va_end(ap);
}

void verdict_fail(struct verdict *v, const char *what, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(v, FINDING_FAIL, what, remedy, fmt, ap);
	va_end(ap);
}
