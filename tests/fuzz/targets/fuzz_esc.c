/* What strangers' values may do to a page: nothing. The number of tags and quotes of a page does not depend on them. */
#include <stdint.h>
#include <stdlib.h>

#include "ui_gen.h"
#include "web/esc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool what)
{
	if (!what)
		abort();
}

/* Only our own references begin with '&'. */
static void check_references(str s)
{
	static const str ours[] = { S_INIT("&amp;"), S_INIT("&lt;"), S_INIT("&gt;"), S_INIT("&quot;"),
		S_INIT("&#39;") };

	for (size_t i = 0; i < s.n; i++) {
		bool known = s.p[i] != '&';
		for (size_t k = 0; k < COUNT(ours); k++)
			known = known || str_starts(str_sub(s, i, s.n), ours[k]);
		must(known);
	}
}

static void check_text(struct arena *mem, str in)
{
	struct buf b = BUF(mem);

	esc_text(&b, in);
	str out = buf_str(&b);
	must(str_utf8(out));
	for (const char *c = "<>\"'"; *c; c++)
		must(!str_has(out, *c));
	must(!str_has(out, '\0') && !str_has(out, '\r') && !str_has(out, '\x1b'));
	must(str_find(out, S("\xe2\x80\xae")) < 0 && str_find(out, S("\xe2\x81\xa6")) < 0);
	check_references(out);
}

static void check_url(struct arena *mem, str in)
{
	struct buf whole = BUF(mem), part = BUF(mem);
	str head, tail;

	esc_url(&whole, in);
	str out = buf_str(&whole);
	must(!str_has(out, '"') && !str_has(out, '<') && !str_has(out, ' ') && !str_has(out, '\\') &&
	    !str_has(out, '\n'));
	if (str_cut(out, ':', &head, &tail) && !str_has(head, '/') && !str_has(head, '?') &&
	    !str_has(head, '#'))
		must(str_ieq(head, S("http")) || str_ieq(head, S("https")));
	esc_part(&part, in);
	must(str_within(buf_str(&part), 0x21, 0x7e));
	for (const char *c = "<>\"'&/?#:+ "; *c; c++)
		must(!str_has(buf_str(&part), *c));
}

struct shape {
	size_t open, close, quotes;
};

static struct shape shape_of(struct arena *mem, str value)
{
	struct buf b = BUF(mem);
	const struct view_consent_scope scope = { .scope = value, .words = value, .required = true };
	const struct view_consent v = {
		.csrf = value,
		.txn = value,
		.server_name = value,
		.server_url = value,
		.email = value,
		.not_you = value,
		.client_name = value,
		.client_host = value,
		.verified = true,
		.redirect_host = value,
		.workspace = value,
		.lasts = value,
		.scopes = &scope,
		.scopes_count = 1,
	};
	struct shape s = { 0 };

	page_write(&b, PAGE_CONSENT, &v);
	str html = buf_str(&b);
	for (size_t i = 0; i < html.n; i++) {
		s.open += html.p[i] == '<';
		s.close += html.p[i] == '>';
		s.quotes += html.p[i] == '"';
	}
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new(1 << 24);
	str in = { (const char *)data, size };

	check_text(mem, in);
	check_url(mem, in);
	if (size) {
		struct shape a = shape_of(mem, in), b = shape_of(mem, S("x"));
		must(a.open == b.open && a.close == b.close && a.quotes == b.quotes);
	}
	arena_unref(mem);
	return 0;
}
