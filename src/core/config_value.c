/* One value: its place, its ${VARIABLES}, its type. */
#include "core/config_inner.h"

#include "base/buf.h"
#include "base/time.h"
#include "base/url.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

#define SENTENCE_MAX 600

enum err config_fail(struct config_bind *b, str where, const char *fmt, ...)
{
	char text[SENTENCE_MAX];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	b->problem->text = arena_printf(b->mem, "%.*s: %.*s", FMT(where), (int)len, text);
	return ERR_PARAM_VALUE;
}

str config_place(const struct config_bind *b, const struct yaml *v)
{
	return arena_printf(b->mem, "%.*s:%d:%d", FMT(b->file), v->line, v->col);
}

str config_key_place(const struct config_bind *b, const struct yaml *v)
{
	return arena_printf(b->mem, "%.*s:%d:%d", FMT(b->file), v->key_line, v->key_col);
}

str config_where(const struct config_bind *b, str key)
{
	const struct config_row *row = config_row_find(key);
	str where = row ? b->where[row - config_rows] : S("");

	return where.n ? where : arena_printf(b->mem, "the default of %.*s", FMT(key));
}

str config_beside(struct arena *mem, str from, str path)
{
	size_t n = from.n;

	while (n > 0 && from.p[n - 1] != '/')
		n--;
	if (str_starts(path, S("/")) || n == 0)
		return arena_copy(mem, path);
	return arena_printf(mem, "%.*s%.*s", (int)n, from.p, FMT(path));
}

static bool name_sign(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

enum err config_expand(struct config_bind *b, str where, str text, str *out)
{
	struct buf buf = BUF(b->mem);
	ptrdiff_t at;

	*out = text;
	if (str_find(text, S("${")) < 0)
		return OK;
	while ((at = str_find(text, S("${"))) >= 0) {
		str name = str_sub(text, (size_t)at + 2, text.n);
		size_t n = 0;
		buf_put(&buf, str_sub(text, 0, (size_t)at));
		while (n < name.n && name_sign(name.p[n]))
			n++;
		if (!n || n == name.n || name.p[n] != '}')
			return config_fail(b, where, "a ${ is not followed by the name of a variable and }.");
		text = str_sub(name, n + 1, name.n);
		name = str_sub(name, 0, n);
		str value = b->in->port.env(b->in->port.arg, name);
		if (!value.p)
			return config_fail(b, where,
			    "the variable %.*s is not set in the environment; set it, or write the value.",
			    FMT(name));
		buf_put(&buf, value);
	}
	buf_put(&buf, text);
	*out = buf_str(&buf);
	return OK;
}

enum err config_scalar(struct config_bind *b, const struct yaml *v, str *out)
{
	if (v->type != YAML_SCALAR)
		return config_fail(b, config_place(b, v), "one value is expected here, not a %s.",
		    v->type == YAML_LIST ? "list" : "mapping");
	if (str_starts(v->text, S("vault://")))
		return config_fail(b, config_place(b, v),
		    "vault:// is not served by this version yet; use file://PATH or ${VARIABLE}.");
	return config_expand(b, config_place(b, v), v->text, out);
}

enum err config_secret_text(struct config_bind *b, str where, str text, str *out, bool *literal)
{
	str why;

	*literal = false;
	if (str_starts(text, S("vault://")))
		return config_fail(
		    b, where, "vault:// is not served by this version yet; use file://PATH or ${VARIABLE}.");
	if (!str_starts(text, S("file://"))) {
		*literal = str_find(text, S("${")) < 0;
		return config_expand(b, where, text, out);
	}
	str path = str_sub(text, sizeof "file://" - 1, text.n);
	TRY(config_expand(b, where, path, &path));
	if (!b->in->port.read(b->in->port.arg, b->mem, b->file, path, out, &why))
		return config_fail(b, where, "the file %.*s %.*s.", FMT(path), FMT(why));
	if (str_ends(*out, S("\n"))) /* what an editor or echo put there */
		out->n--;
	if (!out->n)
		return config_fail(b, where, "the file %.*s is empty; it should hold the secret.", FMT(path));
	return OK;
}

enum err config_secret(struct config_bind *b, const struct yaml *v, str *out, bool *literal)
{
	if (v->type != YAML_SCALAR)
		return config_fail(b, config_place(b, v), "one value is expected here, not a %s.",
		    v->type == YAML_LIST ? "list" : "mapping");
	return config_secret_text(b, config_place(b, v), v->text, out, literal);
}

bool config_size_parse(str text, int64_t *out)
{
	int64_t unit = 1;

	if (text.n && (text.p[text.n - 1] == 'k' || text.p[text.n - 1] == 'm')) {
		unit = text.p[text.n - 1] == 'k' ? 1024 : 1024 * 1024;
		text.n--;
	}
	if (!str_int(text, out) || *out < 0 || *out > (int64_t)1 << 40)
		return false;
	*out *= unit;
	return true;
}

static bool parse_bool(str text, bool *out)
{
	static const str yes[] = { S_INIT("true"), S_INIT("on"), S_INIT("yes") },
			 no[] = { S_INIT("false"), S_INIT("off"), S_INIT("no") };

	for (size_t i = 0; i < COUNT(yes); i++) {
		if (str_eq(text, yes[i]) || str_eq(text, no[i])) {
			*out = str_eq(text, yes[i]);
			return true;
		}
	}
	return false;
}

static bool parse_mode(str text, enum registration_mode *out)
{
	static const str modes[] = { S_INIT("per_client"), S_INIT("shared"), S_INIT("off") };

	for (size_t i = 0; i < COUNT(modes); i++) {
		if (str_eq(text, modes[i])) {
			*out = (enum registration_mode)i;
			return true;
		}
	}
	return false;
}

static bool parse_alg(str text, enum alg *out)
{
	static const struct {
		str name;
		enum alg alg;
	} algs[] = { { S_INIT("ES256"), ALG_ES256 }, { S_INIT("RS256"), ALG_RS256 },
		{ S_INIT("EdDSA"), ALG_EDDSA } };

	for (size_t i = 0; i < COUNT(algs); i++) {
		if (str_eq(text, algs[i].name)) {
			*out = algs[i].alg;
			return true;
		}
	}
	return false;
}

/* True for an address, then a slash and how many of its bits count. */
static bool cidr_ok(str text)
{
	char z[INET6_ADDRSTRLEN];
	unsigned char address[16];
	str host, bits;
	int64_t n;

	if (!str_cut(text, '/', &host, &bits) || host.n >= sizeof z || !str_int(bits, &n))
		return false;
	for (size_t i = 0; i < host.n; i++)
		z[i] = host.p[i];
	z[host.n] = '\0';
	if (inet_pton(AF_INET, z, address) == 1)
		return n >= 0 && n <= 32;
	return inet_pton(AF_INET6, z, address) == 1 && n >= 0 && n <= 128;
}

static bool lower(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	return true;
}

static bool origin_ok(str text)
{
	struct url u;

	return url_parse(text, &u) == OK && (str_eq(u.scheme, S("http")) || str_eq(u.scheme, S("https"))) &&
	    u.host.n && lower(text) && !u.userinfo.p && !u.path.n && !u.query.p && !u.fragment.p;
}

/*
 * A host, an address, or an id: visible, and without what somebody may hope for: a * for many hosts, and an origin for its
 * host, which would let nobody in.
 */
static bool client_ok(str text)
{
	struct url u;

	if (!text.n || text.n > 1500 || !str_within(text, 0x21, 0x7e) || str_has(text, '*'))
		return false;
	return url_parse(text, &u) != OK || !(str_eq(u.scheme, S("https")) || str_eq(u.scheme, S("http"))) ||
	    u.path.n > 1;
}

enum err config_item(struct config_bind *b, enum config_kind kind, str where, str text)
{
	bool fits = kind == CONFIG_CIDR ? cidr_ok(text)
	    : kind == CONFIG_ORIGIN     ? origin_ok(text)
	    : kind == CONFIG_CLIENT     ? client_ok(text)
					: true;
	str words = config_kind_words(kind);

	return fits ? OK
		    : config_fail(b, where, "`%.*s` is not %.*s.", FMT(str_sub(text, 0, 100)), FMT(words));
}

enum err config_set(struct config_bind *b, const struct config_row *row, str where, str text)
{
	void *member = (char *)b->out + row->offset;
	bool fits = true, literal;
	str words = config_kind_words(row->kind);

	switch (row->kind) {
	case CONFIG_TEXT:
		*(str *)member = text;
		break;
	case CONFIG_SECRET:
		TRY(config_secret_text(b, where, text, &text, &literal));
		*(struct secret *)member = secret_of(text);
		b->out->master_key_literal = literal && text.n && !str_starts(where, S("GATEHOUSE_"));
		break;
	case CONFIG_BOOL:
		fits = parse_bool(text, member);
		break;
	case CONFIG_NEED:
		*(bool *)member = str_eq(text, S("required"));
		fits = *(bool *)member || str_eq(text, S("off"));
		break;
	case CONFIG_INT:
		fits = str_int(text, member) && *(int64_t *)member >= 0;
		break;
	case CONFIG_SIZE:
		fits = config_size_parse(text, member);
		break;
	case CONFIG_DURATION:
		fits = time_duration_parse(text, member) == OK;
		break;
	case CONFIG_MODE:
		fits = parse_mode(text, member);
		break;
	case CONFIG_ALG:
		fits = parse_alg(text, member);
		break;
	case CONFIG_CIDR:
	case CONFIG_ORIGIN:
	case CONFIG_CLIENT:
		return config_item(b, row->kind, where, text);
	}
	b->where[row - config_rows] = where;
	if (!fits)
		return config_fail(b, where, "`%.*s` is not a value of %.*s: write %.*s.",
		    FMT(str_sub(text, 0, 100)), FMT(row->key), FMT(words));
	return OK;
}

enum err config_words(struct config_bind *b, const struct yaml *v, str *out)
{
	struct buf buf = BUF(b->mem);

	if (v->type != YAML_LIST)
		return config_fail(b, config_place(b, v), "a list is expected here: [ONE, TWO].");
	if (v->count > CONFIG_WORDS_MAX)
		return config_fail(b, config_place(b, v), "more than %d items.", CONFIG_WORDS_MAX);
	for (YAML_EACH(item, v)) {
		str text;
		TRY(config_scalar(b, item, &text));
		if (!text.n || !str_within(text, 0x21, 0x7e))
			return config_fail(b, config_place(b, item),
			    "an item has visible ASCII characters only, and no blanks.");
		if (buf.n)
			buf_char(&buf, ' ');
		buf_put(&buf, text);
	}
	*out = buf_str(&buf);
	return OK;
}
