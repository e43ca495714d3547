/*
 * WWW-Authenticate, read as the clients' parsers read it (RFC 6750 section 3, RFC 9728 section 5.1). Those
 * are regular expressions and splits at blanks, so much that RFC 9110 section 11.6.1 allows hides the
 * challenge from them.
 */
#include "cmd/doctor_judge.h"

#define WHAT "challenge"
#define PASS_ON                                                                                           \
	"Send WWW-Authenticate: Bearer resource_metadata=\"...\", and let the proxy in front pass it on " \
	"unchanged."
#define ONE_HEADER "Send one WWW-Authenticate header, of the scheme Bearer, and take the others away."

/* The parameters of one challenge, in their order; p == NULL where one is absent. */
struct challenge {
	str error, scope, metadata, description;
	size_t at_description,
	    at_last; /* positions of parameters, from 1; 0: absent. at_last: of error, scope, metadata */
	bool bare;   /* a value without quotes */
	bool twice;  /* one parameter came twice */
};

struct param {
	str name, value;
	bool quoted;
};

static bool token_char(char c)
{
	return c > 0x20 && c < 0x7f && !str_has(S("()<>@,;:\\\"/[]?={}"), c);
}

static void skip_blanks(str *rest)
{
	while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t'))
		*rest = str_sub(*rest, 1, rest->n);
}

static str take_token(str *rest)
{
	size_t n = 0;

	while (n < rest->n && token_char(rest->p[n]))
		n++;
	str token = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->n);
	return token;
}

/* A quoted string without escapes: clients stop at the first '"', whatever stands before it. */
static bool take_quoted(str *rest, str *value)
{
	str inner = str_sub(*rest, 1, rest->n);

	return str_cut(inner, '"', value, rest) && !str_has(*value, '\\');
}

/* name "=" value, and the comma behind it; false when it is none. */
static bool take_param(str *rest, struct param *out)
{
	skip_blanks(rest);
	out->name = take_token(rest);
	if (!out->name.n || !str_starts(*rest, S("=")))
		return false;
	*rest = str_sub(*rest, 1, rest->n);
	out->quoted = str_starts(*rest, S("\""));
	if (out->quoted) {
		if (!take_quoted(rest, &out->value))
			return false;
	} else {
		size_t n = 0;
		while (n < rest->n && rest->p[n] > 0x20 && rest->p[n] != ',' && rest->p[n] != '"')
			n++;
		out->value = str_sub(*rest, 0, n);
		*rest = str_sub(*rest, n, rest->n);
	}
	skip_blanks(rest);
	if (rest->n && rest->p[0] != ',')
		return false;
	*rest = str_sub(*rest, 1, rest->n);
	return true;
}

static bool read_params(str rest, struct challenge *c)
{
	struct param p;

	for (size_t at = 1; rest.n; at++) {
		if (!take_param(&rest, &p))
			return false;
		str *slot = str_ieq(p.name, S("error"))       ? &c->error
		    : str_ieq(p.name, S("scope"))             ? &c->scope
		    : str_ieq(p.name, S("resource_metadata")) ? &c->metadata
		    : str_ieq(p.name, S("error_description")) ? &c->description
							      : NULL;
		if (!slot)
			continue;
		c->bare |= !p.quoted;
		c->twice |= slot->p != NULL;
		*slot = p.value;
		if (slot == &c->description)
			c->at_description = at;
		else
			c->at_last = at;
	}
	return true;
}

static size_t count_headers(const struct http_res *r, str name)
{
	size_t n = 0;

	for (size_t i = 0; i < r->header_count; i++)
		n += str_ieq(r->headers[i].name, name);
	return n;
}

/* The scheme and its one blank; *params: what stands behind. */
static bool judge_scheme(struct verdict *v, str header, str *params)
{
	str scheme;
	bool more = str_cut(header, ' ', &scheme, params);

	if (!str_ieq(scheme, S("Bearer"))) {
		verdict_fail(v, WHAT, ONE_HEADER, "it begins with %.*s: clients look for Bearer first",
		    FMT(str_sub(scheme, 0, 40)));
		return false;
	}
	if (!more || !str_trim(*params).n) {
		verdict_fail(v, WHAT, PASS_ON, "Bearer stands alone: clients learn nothing from it");
		return false;
	}
	if (params->p[0] == ' ' || params->p[0] == '\t') {
		verdict_fail(v, WHAT, "Send exactly one blank behind Bearer.",
		    "more than one blank stands behind Bearer: clients see no parameters then");
		return false;
	}
	return true;
}

/* What clients read wrongly in parameters that are right by themselves. */
static void judge_order(struct verdict *v, const struct challenge *c)
{
	if (c->at_description && c->at_description < c->at_last)
		verdict_fail(v, WHAT, "Send error_description last.",
		    "error_description stands before error, scope or resource_metadata: clients take words "
		    "of it for "
		    "these");
	if (str_has(c->description, '='))
		verdict_fail(v, WHAT, "Write error_description without the sign =.",
		    "error_description has a = in it: clients take that for a parameter");
	if (c->twice)
		verdict_fail(v, WHAT, "Send each parameter once.", "a parameter stands in it twice");
	if (c->bare)
		verdict_note(
		    v, WHAT, "Put the values in quotes.", "a value has no quotes, which some clients need");
	if (c->error.p)
		verdict_note(v, WHAT, "Leave error out where no token was sent (RFC 6750 section 3.1).",
		    "it says error=%.*s, though no token was sent", FMT(str_sub(c->error, 0, 60)));
	if (!c->scope.n)
		verdict_note(v, WHAT, "Name in scope what a person needs to begin.",
		    "it names no scope: clients ask for all that the metadata lists");
}

static bool judge_metadata_url(struct verdict *v, const struct challenge *c, const struct url *u)
{
	struct url there;

	if (!c->metadata.n) {
		verdict_fail(v, WHAT,
		    "Add resource_metadata with the address of the metadata (RFC 9728 section 5.1).",
		    "it names no resource_metadata");
		return false;
	}
	if (url_parse(c->metadata, &there) != OK || !there.host.n) {
		verdict_fail(v, WHAT,
		    "Write it whole: https://host/.well-known/oauth-protected-resource/path.",
		    "resource_metadata is %.*s, which is no absolute URL", FMT(str_sub(c->metadata, 0, 200)));
		return false;
	}
	str ours =
	    address_plain(v->mem, &(struct url){ .scheme = u->scheme, .host = u->host, .port = u->port });
	str theirs = address_plain(
	    v->mem, &(struct url){ .scheme = there.scheme, .host = there.host, .port = there.port });
	if (!str_eq(ours, theirs)) {
		verdict_fail(v, WHAT,
		    "Set base_url to the address that people use; it has to be the only one.",
		    "resource_metadata is at %.*s, the server at %.*s: another origin",
		    FMT(str_sub(theirs, 0, 200)), FMT(ours));
		return false;
	}
	return true;
}

bool judge_challenge(struct verdict *v, const struct http_res *r, const struct url *u, str *metadata)
{
	str name = S("WWW-Authenticate"), header = http_res_header(r, name), params;
	size_t count = count_headers(r, name), before = v->failed;
	struct challenge c = { 0 };

	*metadata = S("");
	if (count == 0) {
		verdict_fail(
		    v, WHAT, PASS_ON, "401 without WWW-Authenticate: clients do not learn where to sign in");
		return false;
	}
	if (count > 1)
		verdict_fail(v, WHAT, ONE_HEADER,
		    "%zu WWW-Authenticate headers: clients see them as one and misread it", count);
	if (!judge_scheme(v, header, &params))
		return false;
	if (!read_params(params, &c)) {
		verdict_fail(v, WHAT,
		    "Send name=\"value\" pairs with a comma between them, without \" or \\ in the values.",
		    "it cannot be read: %.*s", FMT(str_sub(header, 0, 200)));
		return false;
	}
	judge_order(v, &c);
	if (!judge_metadata_url(v, &c, u))
		return false;
	*metadata = c.metadata;
	if (v->failed == before)
		verdict_ok(v, WHAT, "401 Bearer, which leads to %.*s", FMT(c.metadata));
	return true;
}

/* All lines of the header as fetch() gives them to a client: joined by a comma. */
static str joined(struct arena *mem, const struct http_res *r)
{
	struct buf b = BUF(mem);

	for (size_t i = 0; i < r->header_count; i++)
		if (str_ieq(r->headers[i].name, S("WWW-Authenticate")))
			buf_printf(&b, "%s%.*s", b.n ? ", " : "", FMT(r->headers[i].value));
	return buf_str(&b);
}

str challenge_value(struct arena *mem, const struct http_res *r, str name, bool bearer_first)
{
	str all = joined(mem, r), head = arena_printf(mem, "%.*s=\"", FMT(name)), value, rest;
	bool plain = str_ieq(str_sub(all, 0, 7), S("Bearer ")) && all.n > 7 && all.p[7] != ' ';
	ptrdiff_t at = str_find(all, head);

	if (at < 0 || (bearer_first && !plain))
		return S("");
	return str_cut(str_sub(all, (size_t)at + head.n, all.n), '"', &value, &rest) ? value : S("");
}

bool challenge_ours(const struct http_res *r)
{
	return str_find(http_res_header(r, S("WWW-Authenticate")), S("(why w")) >= 0;
}
