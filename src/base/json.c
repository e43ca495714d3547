/* The reader: one loop, an explicit stack, nodes in the arena; strings without escapes are not copied. */
#include "base/json.h"
#include "base/enc.h"

#include <string.h>

#define SLAB 16           /* nodes taken from the arena at once */
#define FEW 16            /* up to here duplicate names are looked for one by one */
#define MEMBERS_MAX 65536 /* of one object */

struct frame {
	struct json *node;
	struct json *last; /* newest child */
};

struct reader {
	struct arena *mem;
	const char *at, *end, *start;
	const char *why;
	struct json *slab;
	size_t slab_left;
	uint32_t depth;
	struct frame stack[JSON_DEPTH_MAX];
};

static enum err fail(struct reader *r, enum err e, const char *why)
{
	r->why = why;
	return e;
}

static enum err bad(struct reader *r, const char *why)
{
	return fail(r, ERR_JSON_SYNTAX, why);
}

static struct json *node_new(struct reader *r)
{
	if (r->slab_left == 0) {
		r->slab = arena_try_array(r->mem, SLAB, sizeof *r->slab);
		if (!r->slab)
			return NULL;
		r->slab_left = SLAB;
	}
	r->slab_left--;
	return r->slab++;
}

/* Walks use a pointer of their own: through r->at every byte would be a load and a store. */
static void skip_blanks(struct reader *r)
{
	const char *p = r->at, *end = r->end;

	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	r->at = p;
}

/* Bytes that end the quick walk through a string: control characters, '"', '\\' and what is not ASCII. */
static bool special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}

/* Walks to the closing quote, checking everything but what stands behind backslashes. */
static enum err string_end(struct reader *r, bool *escaped)
{
	const char *p = r->at, *end = r->end;

	*escaped = false;
	for (;;) {
		while (p < end && !special((unsigned char)*p))
			p++;
		r->at = p;
		if (p == end)
			return bad(r, "unfinished string");
		if (*p == '"')
			return OK;
		if (*p == '\\') {
			*escaped = true;
			if (end - p < 2)
				return bad(r, "unfinished string");
			p += 2;
			continue;
		}
		if ((unsigned char)*p < 0x20)
			return bad(r, "control character in a string");
		size_t n = str_utf8_step((str){ p, (size_t)(end - p) });
		if (n == 0)
			return bad(r, "not UTF-8");
		p += n;
	}
}

/* Four hexadecimal digits at p, or -1. */
static int32_t hex4(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int d = hex_digit(p[i]);
		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 63));
		*out++ = (char)(0x80 | (c & 63));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 63));
		*out++ = (char)(0x80 | (c >> 6 & 63));
		*out++ = (char)(0x80 | (c & 63));
	}
	return out;
}

/* \uXXXX with *p at the first digit; RFC 8259 section 7 with section 8.2's lone surrogates refused. */
static enum err unicode_escape(struct reader *r, const char **p, const char *end, char **out)
{
	int32_t c = hex4(*p, end);

	if (c < 0)
		return bad(r, "broken \\u escape");
	*p += 4;
	if (c == 0)
		return bad(r, "NUL character"); /* C and PostgreSQL would cut the text there */
	if (c >= 0xdc00 && c <= 0xdfff)
		return bad(r, "lone surrogate");
	if (c >= 0xd800 && c <= 0xdbff) {
		int32_t low = end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' ? hex4(*p + 2, end) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return bad(r, "lone surrogate");
		*p += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*out = put_utf8(*out, (uint32_t)c);
	return OK;
}

/* The decoded copy of raw, which is well-formed but for its escapes. Decoding never makes it longer. */
static enum err unescape(struct reader *r, str raw, str *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p = raw.p, *end = raw.p + raw.n;
	char *first = arena_try(r->mem, raw.n), *o = first;

	if (!first)
		return fail(r, ERR_TOO_LARGE, "too large");
	while (p < end) {
		if (*p != '\\') {
			*o++ = *p++;
			continue;
		}
		r->at = p; /* for the fault */
		p += 2;
		if (p[-1] == 'u') {
			TRY(unicode_escape(r, &p, end, &o));
			continue;
		}
		const char *known = memchr(from, p[-1], sizeof from - 1);
		if (!known)
			return bad(r, "unknown escape");
		*o++ = to[known - from];
	}
	*out = (str){ first, (size_t)(o - first) };
	return OK;
}

/* At the opening quote; leaves r->at behind the closing one. */
static enum err read_string(struct reader *r, str *out)
{
	const char *from = ++r->at;
	bool escaped;

	TRY(string_end(r, &escaped));
	const char *close = r->at;
	*out = (str){ from, (size_t)(close - from) };
	if (escaped)
		TRY(unescape(r, *out, out));
	r->at = close + 1;
	return OK;
}

static bool digits(struct reader *r)
{
	const char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > from;
}

/* RFC 8259 section 6: no '+', no leading zero, digits on both sides of the point. */
static enum err read_number(struct reader *r, str *out)
{
	const char *from = r->at;

	if (*r->at == '-')
		r->at++;
	if (r->at < r->end && *r->at == '0')
		r->at++;
	else if (!digits(r))
		return bad(r, "broken number");
	if (r->at < r->end && *r->at == '.') {
		r->at++;
		if (!digits(r))
			return bad(r, "broken number");
	}
	if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
		r->at++;
		if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
			r->at++;
		if (!digits(r))
			return bad(r, "broken number");
	}
	*out = (str){ from, (size_t)(r->at - from) };
	return OK;
}

static enum err read_word(struct reader *r, str word)
{
	if (!str_starts((str){ r->at, (size_t)(r->end - r->at) }, word))
		return bad(r, "unexpected character");
	r->at += word.n;
	return OK;
}

/* A value that is no container. */
static enum err read_scalar(struct reader *r, struct json *v)
{
	switch (*r->at) {
	case '"':
		v->type = JSON_STRING;
		return read_string(r, &v->text);
	case 't':
		v->type = JSON_TRUE;
		return read_word(r, S("true"));
	case 'f':
		v->type = JSON_FALSE;
		return read_word(r, S("false"));
	case 'n':
		v->type = JSON_NULL;
		return read_word(r, S("null"));
	default:
		if (*r->at != '-' && (*r->at < '0' || *r->at > '9'))
			return bad(r, "unexpected character");
		v->type = JSON_NUMBER;
		return read_number(r, &v->text);
	}
}

/* By length first: cheaper, and the order does not matter. */
static int name_order(const struct json *a, const struct json *b)
{
	if (a->key.n != b->key.n)
		return a->key.n < b->key.n ? -1 : 1;
	return a->key.n ? memcmp(a->key.p, b->key.p, a->key.n) : 0;
}

static void sift(const struct json **v, size_t root, size_t n)
{
	for (;;) {
		size_t child = 2 * root + 1;
		if (child >= n)
			return;
		if (child + 1 < n && name_order(v[child], v[child + 1]) < 0)
			child++;
		if (name_order(v[root], v[child]) >= 0)
			return;
		const struct json *t = v[root];
		v[root] = v[child];
		v[child] = t;
		root = child;
	}
}

/* Heap sort: no recursion and no bad input, where a hash table would need a secret to be safe from chosen names. */
static enum err check_many_names(struct reader *r, const struct json *o)
{
	size_t n = 0;
	const struct json **v = arena_try_array(r->mem, o->count, sizeof *v);

	if (!v)
		return fail(r, ERR_TOO_LARGE, "too large");
	for (const struct json *m = o->first; m; m = m->next)
		v[n++] = m;
	for (size_t i = n / 2; i-- > 0;)
		sift(v, i, n);
	for (size_t i = n; i-- > 1;) {
		const struct json *t = v[0];
		v[0] = v[i];
		v[i] = t;
		sift(v, 0, i);
		if (i + 1 < n && name_order(v[i], v[i + 1]) == 0)
			return fail(r, ERR_JSON_DUPLICATE, "name given twice");
	}
	return name_order(v[0], v[1]) == 0 ? fail(r, ERR_JSON_DUPLICATE, "name given twice") : OK;
}

/* m is the newest member of o and not counted yet. */
static enum err check_name(struct reader *r, const struct json *o, const struct json *m)
{
	if (o->count >= MEMBERS_MAX)
		return fail(r, ERR_TOO_LARGE, "too many members");
	if (o->count >= FEW)
		return OK; /* looked at when the object ends */
	for (const struct json *other = o->first; other != m; other = other->next)
		if (name_order(other, m) == 0)
			return fail(r, ERR_JSON_DUPLICATE, "name given twice");
	return OK;
}

/* Makes the next value's node, as child of the innermost container if there is one, and reads its name. */
static enum err begin(struct reader *r, struct json **out)
{
	struct json *v = node_new(r);
	struct frame *f = r->depth ? &r->stack[r->depth - 1] : NULL;

	if (!v)
		return fail(r, ERR_TOO_LARGE, "too large");
	*out = v;
	if (!f)
		return OK;
	if (f->last)
		f->last->next = v;
	else
		f->node->first = v;
	f->last = v;
	if (f->node->type == JSON_OBJECT) {
		const char *from = r->at;
		if (r->at == r->end || *r->at != '"')
			return bad(r, "expected a name");
		TRY(read_string(r, &v->key));
		const char *behind = r->at;
		r->at = from;
		TRY(check_name(r, f->node, v));
		r->at = behind;
		skip_blanks(r);
		if (r->at == r->end || *r->at != ':')
			return bad(r, "expected ':'");
		r->at++;
		skip_blanks(r);
	}
	if (f->node->count == UINT32_MAX)
		return fail(r, ERR_TOO_LARGE, "too many items");
	f->node->count++;
	return OK;
}

static enum err open_container(struct reader *r, struct json *v)
{
	if (r->depth == JSON_DEPTH_MAX)
		return fail(r, ERR_JSON_DEPTH, "too deep");
	v->type = *r->at == '{' ? JSON_OBJECT : JSON_ARRAY;
	v->text.p = r->at++;
	r->stack[r->depth++] = (struct frame){ .node = v };
	return OK;
}

static enum err close_container(struct reader *r)
{
	struct json *v = r->stack[--r->depth].node;

	r->at++;
	v->text.n = (size_t)(r->at - v->text.p);
	if (v->type == JSON_OBJECT && v->count > FEW)
		return check_many_names(r, v);
	return OK;
}

/* Behind a value: closes what ends here; then either a comma was eaten or the text's value is complete. */
static enum err after_value(struct reader *r)
{
	while (r->depth) {
		skip_blanks(r);
		if (r->at == r->end)
			return bad(r, "unfinished");
		bool object = r->stack[r->depth - 1].node->type == JSON_OBJECT;
		if (*r->at == ',') {
			r->at++;
			return OK;
		}
		if (*r->at != (object ? '}' : ']'))
			return bad(r, "expected ',' or the end");
		TRY(close_container(r));
	}
	return OK;
}

static enum err read_text(struct reader *r, const struct json **out)
{
	struct json *v;

	*out = NULL;
	do {
		skip_blanks(r);
		TRY(begin(r, &v));
		if (!*out)
			*out = v;
		if (r->at == r->end)
			return bad(r, "unfinished");
		if (*r->at == '{' || *r->at == '[') {
			char closing = *r->at == '{' ? '}' : ']';
			TRY(open_container(r, v));
			skip_blanks(r);
			if (r->at == r->end || *r->at != closing)
				continue; /* its first child; a missing one is found by begin */
		} else {
			TRY(read_scalar(r, v));
		}
		TRY(after_value(r));
	} while (r->depth);
	skip_blanks(r);
	return r->at == r->end ? OK : bad(r, "bytes behind the end");
}

enum err json_parse(struct arena *mem, str text, const struct json **out, struct json_fault *fault)
{
	const char *start = text.n ? text.p : "";
	struct reader r = { .mem = mem, .start = start, .at = start, .end = start + text.n };

	enum err e = read_text(&r, out);
	if (e == OK)
		return OK;
	*out = NULL;
	if (fault)
		*fault = (struct json_fault){ (size_t)(r.at - r.start), r.why };
	return e;
}

const struct json *json_get(const struct json *o, str name)
{
	if (!o || o->type != JSON_OBJECT)
		return NULL;
	for (const struct json *m = o->first; m; m = m->next)
		if (str_eq(m->key, name))
			return m;
	return NULL;
}

str json_str_of(const struct json *v)
{
	return v && v->type == JSON_STRING ? v->text : (str){ NULL, 0 };
}

str json_get_str(const struct json *o, str name)
{
	return json_str_of(json_get(o, name));
}

bool json_get_true(const struct json *o, str name)
{
	const struct json *v = json_get(o, name);

	return v && v->type == JSON_TRUE;
}

/* The exponent as written, held within +-9999: more decides nothing for 64 bits. */
static int exponent(str text)
{
	bool minus = text.n && text.p[0] == '-';
	int v = 0;

	if (text.n && (text.p[0] == '-' || text.p[0] == '+'))
		text = str_sub(text, 1, text.n);
	for (size_t i = 0; i < text.n && v < 10000; i++)
		v = v * 10 + (text.p[i] - '0');
	return minus ? -(v > 9999 ? 9999 : v) : v > 9999 ? 9999 : v;
}

/* 10, 10.0 and 1e1 are one integer: JSON has one kind of number (RFC 8259 section 6). */
bool json_int_of(const struct json *v, int64_t *out)
{
	if (!v || v->type != JSON_NUMBER)
		return false;
	if (str_int(v->text, out))
		return true; /* the usual case */

	str mantissa = v->text, power = { NULL, 0 }, whole, part;
	if (!str_cut(v->text, 'e', &mantissa, &power))
		str_cut(v->text, 'E', &mantissa, &power);
	str_cut(mantissa, '.', &whole, &part);

	bool minus = str_starts(whole, S("-"));
	int shift =
	    exponent(power); /* digits of `part` that belong before the point; below 0: the other way */
	int64_t n = 0;
	whole = str_sub(whole, minus, whole.n);
	size_t count = whole.n + part.n;
	size_t zeros = shift > 0 && (size_t)shift > part.n ? (size_t)shift - part.n : 0;
	for (size_t i = 0; i < count + zeros; i++) {
		char c = i < whole.n ? whole.p[i] : i < count ? part.p[i - whole.n] : '0';
		int digit = c - '0';
		if ((ptrdiff_t)i >= (ptrdiff_t)whole.n + shift) { /* behind the point */
			if (digit)
				return false;
			continue;
		}
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, minus ? -digit : digit, &n))
			return false;
	}
	*out = n;
	return true;
}

bool json_get_int(const struct json *o, str name, int64_t *out)
{
	return json_int_of(json_get(o, name), out);
}
