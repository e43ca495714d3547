/* The writer of json.h. Whatever is put in, what comes out is JSON: bytes that are not UTF-8 become U+FFFD. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* bits in jout.arrays */

/*
 * Bytes 0 to 127 that are written as they are, a bit for each. '<', '>' and '&' are escaped so that no JSON can end a
 * <script> or be read as markup; U+2028 and U+2029, among what is not ASCII, because JavaScript once took them for
 * line ends.
 */
#define BIT(c) ((uint64_t)1 << ((c)&63))
static const uint64_t plain_bits[2] = {
	~(uint64_t)0xffffffff & ~(BIT('"') | BIT('&') | BIT('<') | BIT('>')),
	~(BIT('\\') | BIT(0x7f)),
};

static inline bool plain(unsigned char c)
{
	return c < 0x80 && (plain_bits[c >> 6] >> (c & 63) & 1);
}

static void put_escape(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	switch (c) {
	case '"':
	case '\\':
		text[1] = (char)c;
		break;
	case '\n':
		text[1] = 'n';
		break;
	case '\r':
		text[1] = 'r';
		break;
	case '\t':
		text[1] = 't';
		break;
	default:
		buf_put(b, (str){ text, 6 });
		return;
	}
	buf_put(b, (str){ text, 2 });
}

/* A string from its first byte that needs care, at `at`. */
static void put_hard(struct buf *b, str s, size_t at)
{
	size_t from = 0;

	buf_char(b, '"');
	while (at < s.n) {
		unsigned char c = (unsigned char)s.p[at];
		if (plain(c)) {
			at++;
			continue;
		}
		size_t n = str_utf8_step(str_sub(s, at, s.n));
		bool line_end = n == 3 && c == 0xe2 && s.p[at + 1] == '\x80' &&
		    (s.p[at + 2] == '\xa8' || s.p[at + 2] == '\xa9');
		if (n > 1 && !line_end) {
			at += n;
			continue;
		}
		buf_put(b, str_sub(s, from, at));
		if (line_end)
			buf_put(b, s.p[at + 2] == '\xa8' ? S("\\u2028") : S("\\u2029"));
		else if (n == 0)
			buf_put(b, S("\xef\xbf\xbd"));
		else
			put_escape(b, c);
		at += n ? n : 1;
		from = at;
	}
	buf_put(b, str_sub(s, from, s.n));
	buf_char(b, '"');
}

static void put_string(struct buf *b, str s)
{
	char *p = b->full ? NULL : buf_room(b, s.n + 2);
	size_t at = 0;

	if (p)
		*p++ = '"';
	while (p && at < s.n && plain((unsigned char)s.p[at])) {
		p[at] = s.p[at]; /* does not count until all of it was plain */
		at++;
	}
	if (!p || at < s.n) {
		put_hard(b, s, at);
		return;
	}
	p[at] = '"';
	b->n += s.n + 2;
}

/* The comma and the name before a value. */
static void lead(struct jout *j, str key)
{
	if (j->comma)
		buf_char(j->b, ',');
	j->comma = true;
	if (j->depth && !(j->arrays >> (j->depth - 1) & 1)) {
		put_string(j->b, key);
		buf_char(j->b, ':');
	}
}

static void open(struct jout *j, str key, bool array)
{
	if (j->depth == DEPTH_MAX)
		abort(); /* a mistake of ours: what peers send is at most 32 deep */
	lead(j, key);
	buf_char(j->b, array ? '[' : '{');
	uint64_t bit = (uint64_t)1 << j->depth++;
	j->arrays = array ? j->arrays | bit : j->arrays & ~bit;
	j->comma = false;
}

void jout_object(struct jout *j, str key)
{
	open(j, key, false);
}

void jout_array(struct jout *j, str key)
{
	open(j, key, true);
}

void jout_end(struct jout *j)
{
	if (j->depth == 0)
		abort();
	j->depth--;
	buf_char(j->b, j->arrays >> j->depth & 1 ? ']' : '}');
	j->comma = true;
}

void jout_str(struct jout *j, str key, str value)
{
	lead(j, key);
	put_string(j->b, value);
}

void jout_strz(struct jout *j, str key, const char *value)
{
	jout_str(j, key, str_of(value));
}

void jout_str_opt(struct jout *j, str key, str value)
{
	if (value.n)
		jout_str(j, key, value);
}

void jout_int(struct jout *j, str key, int64_t value)
{
	lead(j, key);
	buf_int(j->b, value);
}

void jout_bool(struct jout *j, str key, bool value)
{
	jout_raw(j, key, value ? S("true") : S("false"));
}

void jout_null(struct jout *j, str key)
{
	jout_raw(j, key, S("null"));
}

void jout_raw(struct jout *j, str key, str json)
{
	lead(j, key);
	buf_put(j->b, json);
}

void jout_words(struct jout *j, str key, str words)
{
	str word;

	jout_array(j, key);
	while (str_word(&words, ' ', &word))
		jout_str(j, S(""), word);
	jout_end(j);
}

static void put_scalar(struct jout *j, str key, const struct json *v)
{
	switch (v->type) {
	case JSON_STRING:
		jout_str(j, key, v->text);
		break;
	case JSON_NUMBER:
		jout_raw(j, key, v->text);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		jout_bool(j, key, v->type == JSON_TRUE);
		break;
	default:
		jout_null(j, key);
	}
}

void jout_json(struct jout *j, str key, const struct json *v)
{
	const struct json *up[JSON_DEPTH_MAX];
	size_t depth = 0;

	if (!v) {
		jout_null(j, key);
		return;
	}
	for (;;) {
		if (v->type == JSON_OBJECT || v->type == JSON_ARRAY) {
			open(j, key, v->type == JSON_ARRAY);
			if (v->first) {
				if (depth == JSON_DEPTH_MAX)
					abort(); /* not a value of json_parse */
				up[depth++] = v;
				v = v->first;
				key = v->key;
				continue;
			}
			jout_end(j);
		} else {
			put_scalar(j, key, v);
		}
		while (depth && !v->next) {
			v = up[--depth];
			jout_end(j);
		}
		if (depth == 0)
			return;
		v = v->next;
		key = v->key;
	}
}
