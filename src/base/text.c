#include "base/text.h"

/* RFC 5322 section 3.2.3: atext and single dots; quoted local parts are refused. */
static bool local_char(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return true;
	/* clang-format off */
	switch (c) {
	case '.': case '!': case '#': case '$': case '%': case '&': case '\'': case '*': case '+': case '-':
	case '/': case '=': case '?': case '^': case '_': case '`': case '{': case '|': case '}': case '~':
		return true;
	default:
		return false;
	}
	/* clang-format on */
}

static bool local_ok(str s)
{
	if (s.n == 0 || s.n > 64 || s.p[0] == '.' || s.p[s.n - 1] == '.' || str_find(s, S("..")) >= 0)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!local_char(s.p[i]))
			return false;
	return true;
}

static bool label_ok(str s)
{
	if (s.n == 0 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'))
			return false;
	return true;
}

/* One label is enough: "localhost" and the names of an intranet get mail too. */
static bool host_ok(str s)
{
	str label;
	bool more;

	do {
		more = str_cut(s, '.', &label, &s);
		if (!label_ok(label))
			return false;
	} while (more);
	return true;
}

enum err text_email(struct arena *mem, str text, str *out)
{
	str local, host;

	if (text.n > TEXT_EMAIL_MAX)
		return ERR_BAD_ENCODING;
	str lower = arena_copy(mem, text);
	char *p = (char *)(uintptr_t)lower.p; /* ours: just made */
	for (size_t i = 0; i < lower.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] | 0x20);
	if (!str_cut(lower, '@', &local, &host) || !local_ok(local) || !host_ok(host))
		return ERR_BAD_ENCODING;
	*out = lower;
	return OK;
}

/* s starts with well-formed UTF-8 of n bytes. */
static uint32_t code_point(str s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

static bool unshowable(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		/* clang-format off */
		{ 0x00, 0x1f },       { 0x7f, 0x9f },
		{ 0xad, 0xad },       /* soft hyphen */
		{ 0x034f, 0x034f },   /* combining grapheme joiner */
		{ 0x061c, 0x061c },   /* Arabic letter mark */
		{ 0x115f, 0x1160 },   /* Hangul fillers */
		{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
		{ 0x180b, 0x180f },   /* Mongolian selectors and vowel separator */
		{ 0x200b, 0x200f },   /* no width, left-to-right and right-to-left marks */
		{ 0x2028, 0x202e },   /* separators, embeddings and overrides */
		{ 0x2060, 0x206f },   /* word joiner, isolates, deprecated format characters */
		{ 0x2800, 0x2800 },   /* blank Braille pattern */
		{ 0x3164, 0x3164 },   /* Hangul filler */
		{ 0xfeff, 0xfeff },   /* byte order mark */
		{ 0xffa0, 0xffa0 },   /* half-width Hangul filler */
		{ 0xfff9, 0xfffb },   /* interlinear annotation */
		{ 0x1bca0, 0x1bca3 }, /* shorthand format controls */
		{ 0x1d173, 0x1d17a }, /* musical format controls */
		{ 0xe0000, 0xe0fff }, /* tags and selectors */
		/* clang-format on */
	};

	for (size_t i = 0; i < COUNT(ranges); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

bool text_name_ok(str s, size_t max)
{
	bool ink = false;

	if (s.n > max)
		return false;
	while (s.n) {
		size_t n = str_utf8_step(s);
		if (n == 0 || unshowable(code_point(s, n)))
			return false;
		ink = ink || s.p[0] != ' ';
		s = str_sub(s, n, s.n);
	}
	return ink; /* not empty, not only blanks */
}

bool text_scope_token(str s)
{
	return s.n && str_within(s, 0x21, 0x7e) && !str_has(s, '"') && !str_has(s, '\\');
}
