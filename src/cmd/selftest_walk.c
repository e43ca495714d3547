/* The handshake in the order of the client: greeted, led to the metadata, registered or described, sent to the person. */
#include "cmd/selftest.h"

#include "cmd/hello.h"
#include "cmd/places.h"

/* ---- first requests ----------------------------------------------------------------------------------------------- */

static struct question first_question(const struct selftest *s, str word)
{
	struct question q = { .method = word, .url = s->w.plain, .version = str_of(s->h->first_version) };

	if (str_eq(word, S("DISCOVER")) || str_eq(word, S("POST"))) {
		q.method = S("POST");
		q.body = str_eq(word, S("POST")) ? S(HELLO_LEGACY("gatehouse-selftest")) : S(HELLO_MODERN);
	}
	return q;
}

/* The client begins by asking without a token; the first challenge counts. */
static bool greet(struct selftest *s)
{
	str rest = str_of(s->h->first ? s->h->first : "POST"), word;
	struct probe_answer a;
	bool challenged = false;

	while (str_word(&rest, ' ', &word)) {
		struct question q = first_question(s, word);
		const char *what = arena_printf(s->w.mem, "%.*s", FMT(word)).p;
		if (!walk_ask(&s->w, what, &q, &a) || !judge_status(&s->w.v, what, s->w.plain, &a.res))
			return false;
		verdict_ok(&s->w.v, what, "401 without a token%s%s",
		    q.version.n ? ", MCP-Protocol-Version " : "", q.version.n ? s->h->first_version : "");
		if (!challenged)
			selftest_read_challenge(s, &a.res);
		challenged = true;
	}
	return true;
}

/* ---- discovery ---------------------------------------------------------------------------------------------------- */

static struct question look(const struct selftest *s, str url)
{
	return (struct question){ .method = S("GET"),
		.url = url,
		.version = str_of(s->h->version),
		.accept = str_of(s->h->accept) };
}

/* What a client of 2025-03-26 does: the host itself is the issuer. */
static bool guess_issuer(struct selftest *s)
{
	const struct url bare = { .scheme = s->w.url.scheme, .host = s->w.url.host, .port = s->w.url.port };

	s->issuer = address_plain(s->w.mem, &bare);
	verdict_note(&s->w.v, "metadata", "Serve the metadata of the resource (RFC 9728).",
	    "there is none: it takes %.*s for the issuer, as clients of 2025-03-26 do", FMT(s->issuer));
	return true;
}

static bool find_resource(struct selftest *s)
{
	str path = place_metadata(s->w.mem, &s->w.url, true),
	    root = place_metadata(s->w.mem, &s->w.url, false);
	str places[2] = { path, str_eq(path, root) ? S("") : root };
	struct probe_answer a;
	bool challenged = s->metadata.n && !s->h->root;

	if (s->h->root || challenged) {
		places[0] = s->h->root ? root : s->metadata;
		places[1] = S("");
	}
	for (size_t i = 0; i < COUNT(places); i++) {
		struct question q = look(s, places[i]);
		bool last = i == 1 || !places[1].n;
		if (!q.url.n)
			break;
		if (!walk_ask(&s->w, "metadata", &q, &a))
			return false;
		bool absent = a.res.status >= 400 && a.res.status < 500;
		if (absent && last && s->h->sdk)
			return guess_issuer(s);
		if (absent && !last)
			continue;
		const struct json *doc = judge_readable(&s->w.v, "metadata", q.url, &a);
		return doc && selftest_judge_resource(s, q.url, doc);
	}
	return false;
}

static bool find_issuer(struct selftest *s)
{
	str forms[PLACES_ISSUER];
	struct probe_answer a;
	struct url u;

	if (!judge_issuer_name(&s->w.v, s->issuer, &s->w.url, &u))
		return false;
	size_t count = place_issuer(s->w.mem, &u, forms);
	for (size_t i = 0; i < count; i++) {
		struct question q = look(s, forms[i]);
		if (!walk_ask(&s->w, "issuer metadata", &q, &a))
			return false;
		if (a.res.status >= 400 && a.res.status < 500)
			continue;
		const struct json *doc = judge_readable(&s->w.v, "issuer metadata", forms[i], &a);
		s->issuer_at = forms[i];
		return doc && selftest_judge_issuer(s, doc, i > 0);
	}
	judge_no_issuer(&s->w.v, s->issuer);
	return false;
}

/* A page may see and send only what CORS allows. */
static bool look_from_page(struct selftest *s)
{
	const struct {
		str url, headers;
	} rows[] = {
		{ s->w.plain, S("authorization,content-type,mcp-protocol-version") },
		{ s->found, S("mcp-protocol-version") },
		{ s->issuer_at, S("mcp-protocol-version") },
		{ json_get_str(s->as, S("registration_endpoint")), S("content-type") },
		{ json_get_str(s->as, S("token_endpoint")), S("content-type") },
	};
	struct question q = first_question(s, S("POST"));
	struct probe_answer a;
	bool fine = true;

	if (!s->h->browser)
		return true;
	s->w.v.strict = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct question p = { .method = S("OPTIONS"),
			.url = rows[i].url,
			.origin = S(DOCTOR_WEB_ORIGIN),
			.preflight = rows[i].headers };
		if (p.url.n)
			fine = walk_ask(&s->w, "page", &p, &a) &&
			    judge_preflight(&s->w.v, p.url, &a.res, p.preflight) && fine;
	}
	q.origin = S(DOCTOR_WEB_ORIGIN);
	fine = walk_ask(&s->w, "page", &q, &a) && judge_exposed(&s->w.v, &a.res) && fine;
	s->w.v.strict = false;
	if (fine)
		verdict_ok(&s->w.v, "page", "its page at " DOCTOR_WEB_ORIGIN " may ask");
	return fine;
}

/* ---- the client and the person ------------------------------------------------------------------------------------ */

static bool introduce(struct selftest *s)
{
	struct probe_answer a;

	if (!selftest_choose(s))
		return false;
	if (s->documented)
		return true;
	struct question q = { .method = S("POST"),
		.url = json_get_str(s->as, S("registration_endpoint")),
		.body = habits_registration(s->w.mem, s->h, &s->facts),
		.accept = S("application/json") };
	return walk_ask(&s->w, "registration", &q, &a) && selftest_judge_registration(s, q.url, &a);
}

static bool same_origin(struct arena *mem, str a, str b)
{
	struct url x, y;

	return url_parse(a, &x) == OK && url_parse(b, &y) == OK &&
	    str_eq(url_origin(mem, &x), url_origin(mem, &y));
}

/* Cookies as a browser gives them back to who set them: names and values, without what follows. */
static str cookies_of(struct arena *mem, const struct http_res *r, str from, str to)
{
	struct buf b = BUF(mem);
	str pair, rest;

	if (!same_origin(mem, from, to))
		return S("");
	for (size_t i = 0; i < r->header_count; i++) {
		if (!str_ieq(r->headers[i].name, S("Set-Cookie")))
			continue;
		(void)str_cut(r->headers[i].value, ';', &pair, &rest);
		buf_printf(&b, "%s%.*s", b.n ? "; " : "", FMT(str_trim(pair)));
	}
	return buf_str(&b);
}

static struct question ask_person(struct selftest *s, str redirect_uri, const char *prompt)
{
	str endpoint = json_get_str(s->as, S("authorization_endpoint"));
	str query = habits_authorize(s->w.mem, s->h, &s->facts, s->client_id, redirect_uri, prompt,
	    S("gatehouse-selftest"), S("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));

	return (struct question){ .method = S("GET"),
		.url = arena_printf(
		    s->w.mem, "%.*s%c%.*s", FMT(endpoint), str_has(endpoint, '?') ? '&' : '?', FMT(query)),
		.accept = S("text/html") };
}

/* It was refused with a port of its own: is that what it was refused for? */
static bool taken_as_registered(struct selftest *s, const struct selftest_ask *ask)
{
	struct question q = ask_person(s, ask->registered, ask->prompt);
	struct probe_answer a;

	return !str_eq(ask->registered, ask->redirect_uri) && walk_try(&s->w, &q, &a) &&
	    selftest_goes_on(&a.res, ask->registered);
}

/* To the authorization endpoint, and one step on when that only leads to the page. */
static void knock(struct selftest *s, struct selftest_ask ask)
{
	static const char *const what = "authorization";
	struct question q = ask_person(s, ask.redirect_uri, ask.prompt);
	struct probe_answer a;
	str next;

	if (!walk_ask(&s->w, what, &q, &a))
		return;
	ask.port_matters = !selftest_goes_on(&a.res, ask.redirect_uri) && taken_as_registered(s, &ask);
	if (!selftest_judge_authorize(s, &ask, &a, &next))
		return;
	if (next.n) {
		struct question on = { .method = S("GET"),
			.url = next,
			.accept = S("text/html"),
			.cookie = cookies_of(s->w.mem, &a.res, q.url, next) };
		if (!walk_ask(&s->w, what, &on, &a))
			return;
	}
	selftest_judge_page(s, &ask, &a);
}

/* With each of its addresses, and once more as it asks while signed in. */
static void meet_person(struct selftest *s)
{
	struct selftest_ask ask = { .prompt = s->h->prompt };

	for (size_t i = 0; habits_address(
		 s->w.mem, s->h, s->documented, i, s->facts.port, &ask.registered, &ask.redirect_uri);
	     i++) {
		knock(s, ask);
		if (i > 0 || !s->h->prompt_again)
			continue;
		struct selftest_ask again = ask;
		again.prompt = s->h->prompt_again;
		knock(s, again);
	}
}

void selftest_run(
    struct selftest *s, struct arena *mem, struct memo *memo, const struct habits *h, str url, int64_t now)
{
	*s = (struct selftest){ .h = h, .facts = { .port = SELFTEST_PORT }, .w = { .memo = memo } };
	walk_begin(&s->w, mem, now);
	if (url_parse(url, &s->w.url) != OK)
		return;
	s->w.plain = address_plain(mem, &s->w.url);
	if (greet(s) && find_resource(s) && find_issuer(s) && look_from_page(s) && introduce(s))
		meet_person(s);
}
