/* What answers mean to one client: what would stop it fails, what it takes in its stride is a note. */
#include "cmd/selftest.h"

#include "base/enc.h"
#include "core/outside.h"
#include "http/form.h"
#include "model/redirect.h"

#define SHORT 200

/* ---- challenge and metadata --------------------------------------------------------------------------------------- */

void selftest_read_challenge(struct selftest *s, const struct http_res *r)
{
	struct arena *mem = s->w.mem;
	str all = challenge_value(mem, r, S("resource_metadata"), false);

	s->ours = challenge_ours(r);
	s->metadata = challenge_value(mem, r, S("resource_metadata"), s->h->sdk);
	s->facts.challenged = challenge_value(mem, r, S("scope"), s->h->sdk);
	if (s->metadata.n)
		verdict_ok(&s->w.v, "challenge", "it leads to %.*s", FMT(str_sub(s->metadata, 0, SHORT)));
	else
		verdict_note(&s->w.v, "challenge",
		    "Send one WWW-Authenticate header: Bearer, one blank, and the parameters.",
		    "%s, so %.*s looks where the metadata usually is",
		    all.n ? "it does not begin with Bearer and one blank" : "it names no resource_metadata",
		    FMT(s->h->name));
}

/* A list of strings as words; those with blanks in them are no scopes. */
static str words_of(struct arena *mem, const struct json *list)
{
	struct buf b = BUF(mem);

	for (JSON_EACH(item, list))
		if (json_str_of(item).n && !str_has(json_str_of(item), ' '))
			buf_printf(&b, "%s%.*s", b.n ? " " : "", FMT(json_str_of(item)));
	return buf_str(&b);
}

static bool judge_name(struct selftest *s, str said)
{
	struct verdict *v = &s->w.v;
	struct arena *mem = s->w.mem;

	if (!s->h->exact_resource && resource_above(mem, said, &s->w.url)) {
		verdict_note(v, "metadata", "Name in resource the very address that people type.",
		    "resource is %.*s, a path above, which this client takes", FMT(str_sub(said, 0, SHORT)));
		return true;
	}
	if (s->h->root && said.n && !str_eq(said, s->w.plain)) {
		verdict_note(v, "metadata",
		    "Sign in from inside the client, which then asks at the address's own metadata.",
		    "the root form is about %.*s: at its start the client finds that",
		    FMT(str_sub(said, 0, SHORT)));
		return true;
	}
	return judge_resource_name(v, "metadata", said, &s->w.url);
}

bool selftest_judge_resource(struct selftest *s, str url, const struct json *doc)
{
	struct verdict *v = &s->w.v;
	size_t before = v->failed;
	str said = json_get_str(doc, S("resource"));

	if (s->h->sdk)
		judge_members(v, "metadata", doc);
	bool usable = judge_name(s, said);
	usable = judge_resource_servers(v, "metadata", doc, &s->issuer) && usable;
	if (!usable || v->failed != before)
		return false;
	/* at the root form it may be about another resource of this host: its own is what it wants a token for */
	s->facts.resource = s->h->root && !str_eq(said, s->w.plain) ? s->w.plain : said;
	if (!s->facts.challenged.n)
		s->facts.challenged = words_of(s->w.mem, json_get(doc, S("scopes_supported")));
	s->found = url;
	verdict_ok(v, "metadata", "%.*s, tokens come from %.*s", FMT(str_sub(url, 0, SHORT)),
	    FMT(str_sub(s->issuer, 0, SHORT)));
	return true;
}

bool selftest_judge_issuer(struct selftest *s, const struct json *doc, bool openid)
{
	struct verdict *v = &s->w.v;
	size_t before = v->failed;

	if (s->h->sdk)
		judge_members(v, "issuer metadata", doc);
	judge_issuer_core(v, "issuer metadata", doc, s->issuer, &s->w.url);
	if (openid && s->h->sdk)
		judge_openid(v, "issuer metadata", doc);
	if (v->failed != before)
		return false;
	s->as = doc;
	s->facts.listed = words_of(s->w.mem, json_get(doc, S("scopes_supported")));
	verdict_ok(v, "issuer metadata", "%.*s", FMT(str_sub(s->issuer_at, 0, SHORT)));
	return true;
}

/* ---- who the client is -------------------------------------------------------------------------------------------- */

bool selftest_choose(struct selftest *s)
{
	struct verdict *v = &s->w.v;
	const struct known_client *document = habits_document(s->h);
	bool announced = json_get_true(s->as, S("client_id_metadata_document_supported"));
	bool none = metadata_has(s->as, S("token_endpoint_auth_methods_supported"), S("none"));
	bool blocked = announced && document && s->h->needs_none && !none;

	s->documented = announced && document && !blocked;
	if (s->documented) {
		s->client_id = document->uri;
		verdict_ok(v, "client", "its document %.*s stands for it", FMT(document->uri));
		return true;
	}
	if (json_get_str(s->as, S("registration_endpoint")).n) {
		if (blocked)
			verdict_note(v, "client", "Name none in token_endpoint_auth_methods_supported.",
			    "it registers, though documents are announced: none is not among "
			    "token_endpoint_auth_methods_supported");
		return true;
	}
	if (blocked)
		verdict_fail(v, "client", "Name none in token_endpoint_auth_methods_supported.",
		    "client_id_metadata_document_supported without none in "
		    "token_endpoint_auth_methods_supported: %.*s does not use its document then, and there "
		    "is no "
		    "registration_endpoint",
		    FMT(s->h->name));
	else
		verdict_fail(v, "client",
		    "Switch registration on (registration: { mode: per_client }), or make a client for it.",
		    "no registration_endpoint, and %s",
		    document ? "documents are not announced" : "it has no document");
	return false;
}

static void judge_refused(struct selftest *s, str url, const struct probe_answer *a)
{
	const struct json *doc = NULL;
	str code = S(""), why = S("");

	if (json_parse(s->w.mem, a->body, &doc, NULL) == OK) {
		code = json_get_str(doc, S("error"));
		why = json_get_str(doc, S("error_description"));
	}
	verdict_fail(&s->w.v, "registration",
	    a->res.status == 429
		? "Wait a minute, or test one client (--as)."
		: "Take the registration as the client sends it (gatehouse reference clients): "
		  "ignore members that are not known, and accept all of its redirect URIs.",
	    "%.*s answers %d%s%.*s%s%.*s", FMT(str_sub(url, 0, SHORT)), a->res.status, code.n ? " " : "",
	    FMT(str_sub(code, 0, 60)), why.n ? ": " : "", FMT(str_sub(why, 0, 160)));
}

bool selftest_judge_registration(struct selftest *s, str url, const struct probe_answer *a)
{
	static const char *const what = "registration";
	struct verdict *v = &s->w.v;
	const struct json *doc;
	size_t before = v->failed;

	if (judge_redirect(v, what, url, &a->res))
		return false;
	if (a->res.status != 201 && a->res.status != 200) {
		judge_refused(s, url, a);
		return false;
	}
	if (json_parse(s->w.mem, a->body, &doc, NULL) != OK || doc->type != JSON_OBJECT) {
		verdict_fail(v, what, "Answer one JSON object (RFC 7591 section 3.2.1).",
		    "%.*s answers %d without a JSON object", FMT(str_sub(url, 0, SHORT)), a->res.status);
		return false;
	}
	s->client_id = json_get_str(doc, S("client_id"));
	if (!s->client_id.n)
		verdict_fail(
		    v, what, "Give a client_id (RFC 7591 section 3.2.1).", "the answer has no client_id");
	if (s->h->sdk) {
		judge_members(v, what, doc);
		if (!json_get(doc, S("redirect_uris")))
			verdict_fail(v, what, "Repeat redirect_uris in the answer (RFC 7591 section 3.2.1).",
			    "the answer has no redirect_uris: the client refuses it");
	}
	if (v->failed != before)
		return false;
	verdict_ok(v, what, "taken, client_id %.*s", FMT(str_sub(s->client_id, 0, 60)));
	return true;
}

/* ---- where the person is ------------------------------------------------------------------------------------------ */

str selftest_consent_words(const struct selftest *s, str redirect_uri)
{
	struct arena *mem = s->w.mem;
	const struct known_client *document = s->documented ? known_document(s->client_id) : NULL;
	const struct known_client *k = known_client(redirect_uri);
	str name = s->h->client_name ? str_of(s->h->client_name) : s->h->name;

	if (document)
		return arena_printf(mem, "%.*s, verified by its document", FMT(document->name));
	if (k && known_proves(k))
		return arena_printf(mem, "%.*s, verified by its address %.*s", FMT(k->name),
		    FMT(redirect_host(mem, redirect_uri)));
	return arena_printf(mem, "%.*s, not verified", FMT(name));
}

/* The address of the client that was tried, with what was asked besides. */
static str tried(struct selftest *s, const struct selftest_ask *q)
{
	return arena_printf(s->w.mem, "%.*s%s%s", FMT(str_sub(q->redirect_uri, 0, 120)),
	    q->prompt ? " with prompt=" : "", q->prompt ? q->prompt : "");
}

static void judge_stopped(struct selftest *s, const struct selftest_ask *q, str seen)
{
	const char *remedy = s->ours ? "Look it up by gatehouse why: the newest refusals come first."
				     : "Look at the log of what answers there.";

	if (q->port_matters)
		remedy = "Compare http addresses on loopback without their port (RFC 8252 section 7.3).";
	else if (s->documented)
		remedy = "Look whether this server can fetch the client's document, or announce none "
			 "(client_id_metadata_document_supported).";
	else if (q->prompt)
		remedy =
		    "Take prompt as a list of words, select_account among them, and pass over unknown ones.";
	verdict_fail(&s->w.v, "authorization", remedy, "%.*s%s%.*s: %.*s", FMT(tried(s, q)),
	    q->port_matters ? ", for " : "", FMT(q->port_matters ? str_sub(q->registered, 0, 120) : S("")),
	    FMT(seen));
}

/* One parameter of the query of the address that was redirected to. */
static str answered(struct arena *mem, str location, str name)
{
	str rest, word, key, value, out;

	if (!str_cut(location, '?', &word, &rest))
		return S("");
	while (str_word(&rest, '&', &word)) {
		(void)str_cut(word, '=', &key, &value);
		if (str_eq(key, name) && percent_parse(mem, value, true, &out) == OK)
			return out;
	}
	return S("");
}

/* Back to the client before anybody was asked: an error, or a code that nobody allowed. */
static void judge_returned(struct selftest *s, const struct selftest_ask *q, str location)
{
	struct arena *mem = s->w.mem;
	str error = answered(mem, location, S("error")),
	    why = answered(mem, location, S("error_description"));

	if (!error.n) {
		verdict_fail(&s->w.v, "authorization", "Ask a person before giving a code.",
		    "it gives the client an answer without asking anybody");
		return;
	}
	judge_stopped(s, q,
	    arena_printf(mem, "sent back with error=%.*s%s%.*s", FMT(str_sub(error, 0, 60)),
		why.n ? ", " : "", FMT(str_sub(why, 0, 160))));
}

/* An absolute address of what Location says; empty when it is none of http or https. */
static str absolute(struct selftest *s, str location)
{
	struct url u;
	str endpoint = json_get_str(s->as, S("authorization_endpoint"));

	if (str_starts(location, S("/")) && !str_starts(location, S("//")) && url_parse(endpoint, &u) == OK)
		return arena_printf(s->w.mem, "%.*s%.*s", FMT(url_origin(s->w.mem, &u)), FMT(location));
	return address_web(location) ? location : S("");
}

bool selftest_goes_on(const struct http_res *r, str redirect_uri)
{
	bool away = r->status >= 300 && r->status < 400;

	return r->status < 400 && !(away && str_starts(http_res_header(r, S("Location")), redirect_uri));
}

bool selftest_judge_authorize(
    struct selftest *s, const struct selftest_ask *q, const struct probe_answer *a, str *next)
{
	str location = http_res_header(&a->res, S("Location"));

	*next = S("");
	if (a->res.status < 300 || a->res.status >= 400)
		return true;
	if (str_starts(location, q->redirect_uri)) {
		judge_returned(s, q, location);
		return false;
	}
	*next = absolute(s, location);
	if (!next->n)
		judge_stopped(s, q,
		    arena_printf(s->w.mem, "it sends to %.*s, which no browser can open",
			FMT(str_sub(location, 0, SHORT))));
	return next->n > 0;
}

/* What stands between two tags; empty: they are not there. */
static str between(str html, str open, str shut)
{
	ptrdiff_t from = str_find(html, open);
	str rest = from < 0 ? S("") : str_sub(html, (size_t)from + open.n, html.n);
	ptrdiff_t to = str_find(rest, shut);

	return to < 0 ? S("") : str_trim(str_sub(rest, 0, (size_t)to));
}

/* What an error page says: the sentence of ours, the title of any other. */
static str page_words(const struct selftest *s, str html)
{
	str sentence = s->ours ? between(html, S("<p class=\"lead\">"), S("</p>")) : S("");

	return sentence.n ? str_sub(sentence, 0, SHORT)
			  : str_sub(between(html, S("<title>"), S("</title>")), 0, 80);
}

/* Without the internet no document is there to be judged: that is about the network, not about this client. */
static void judge_error(struct selftest *s, const struct selftest_ask *q, int status, str words)
{
	if (s->ours && s->documented && outside_unreached(words)) {
		verdict_untried(&s->w.v, "authorization",
		    "Let the server reach these hosts (DNS, and https), or let such applications register "
		    "instead: registration: { cimd: false }.",
		    "not tried. %.*s", FMT(words));
		return;
	}
	judge_stopped(s, q,
	    arena_printf(s->w.mem, "the person sees an error page, %d%s%.*s", status, words.n ? ": " : "",
		FMT(words)));
}

void selftest_judge_page(struct selftest *s, const struct selftest_ask *q, const struct probe_answer *a)
{
	if (a->res.status >= 400) {
		judge_error(s, q, a->res.status, page_words(s, a->body));
		return;
	}
	s->pages++;
	if (s->ours)
		verdict_ok(&s->w.v, "authorization", "%.*s: sign-in page; consent will show %.*s",
		    FMT(tried(s, q)), FMT(selftest_consent_words(s, q->redirect_uri)));
	else
		verdict_ok(&s->w.v, "authorization", "%.*s: a page for the person", FMT(tried(s, q)));
}
