/* Typed parameters from a table: the second half of form.h. */
#include "base/text.h"
#include "http/form.h"

static bool token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
	    c == '.' || c == '_' || c == '~';
}

static bool token_ok(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!token_char(s.p[i]))
			return false;
	return true;
}

static bool uri_ok(str s)
{
	return str_within(s, 0x21, 0x7e) && !str_has(s, '\\') && !str_has(s, '<') && !str_has(s, '>') &&
	    !str_has(s, '"');
}

/* RFC 6749 section 3.3: tokens with one blank between them. */
static bool scope_ok(str s)
{
	str token;
	bool more;

	if (s.n == 0)
		return true;
	do {
		more = str_cut(s, ' ', &token, &s);
		if (!text_scope_token(token))
			return false;
	} while (more);
	return true;
}

/* form_parse has seen to UTF-8 and NUL. C1 controls are two bytes: C2 80 to C2 9F. */
static bool no_controls(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0))
			return false;
	}
	return true;
}

static bool alphabet_ok(enum param_kind kind, str value)
{
	switch (kind) {
	case PARAM_TEXT:
		return no_controls(value);
	case PARAM_VSCHAR:
	case PARAM_SECRET:
		return str_within(value, 0x20, 0x7e);
	case PARAM_TOKEN:
		return token_ok(value);
	case PARAM_URI:
	case PARAM_LIST:
		return uri_ok(value);
	case PARAM_SCOPE:
		return scope_ok(value);
	case PARAM_ANY:
		return true;
	}
	return false;
}

static enum err put(const struct param_row *row, str value, void *member)
{
	if (value.n > row->max)
		return ERR_PARAM_TOO_LONG;
	if (!alphabet_ok(row->kind, value))
		return ERR_PARAM_ALPHABET;
	if (row->kind == PARAM_LIST) {
		struct param_list *list = member;
		if (list->count == COUNT(list->items))
			return ERR_PARAM_TOO_LONG;
		list->items[list->count++] = value;
	} else if (row->kind == PARAM_SECRET) {
		*(struct secret *)member = secret_of(value);
	} else {
		*(str *)member = value;
	}
	return OK;
}

enum err param_fill(const struct form *f, const struct param_row *rows, size_t count, void *out, str *which)
{
	for (size_t i = 0; i < count; i++) {
		const struct param_row *row = &rows[i];
		bool seen = false;
		*which = row->name;
		for (size_t k = 0; k < f->count; k++) {
			if (!str_eq(f->fields[k].name, row->name))
				continue;
			if (seen && row->kind != PARAM_LIST)
				return ERR_PARAM_DUPLICATE;
			seen = true;
			if (f->fields[k].value.n) /* RFC 6749 section 3.1: empty is absent */
				TRY(put(row, f->fields[k].value, (char *)out + row->offset));
		}
	}
	*which = (str){ NULL, 0 };
	return OK;
}
