#include "login/after.h"

#include "login/refuse.h"

#define TXN_MAX 64
#define NEXT_MAX 1024

static bool word(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_'))
			return false;
	}
	return s.n <= TXN_MAX;
}

/* One slash in front: "//host" and "/\host" are other hosts to a browser. */
static bool path(str s)
{
	return s.n > 0 && s.n <= NEXT_MAX && s.p[0] == '/' && !str_starts(s, S("//")) && !str_has(s, '\\') &&
	    str_within(s, 0x21, 0x7e);
}

struct after after_read(const struct form *f)
{
	struct after a = { .txn = form_get(f, S("txn")), .next = form_get(f, S("next")) };

	if (!word(a.txn))
		a.txn = S("");
	if (!path(a.next))
		a.next = S("");
	return a;
}

str after_url(struct ctx *c, const struct after *a)
{
	if (a->txn.n)
		return local_url(c, arena_printf(c->mem, "/consent?txn=%.*s", FMT(a->txn)));
	return local_url(c, a->next.n ? a->next : S("/"));
}
