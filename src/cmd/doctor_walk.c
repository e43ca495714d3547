/*
 * The order of a client's steps: greeted, challenged, led to the metadata, to the issuer, and to its
 * endpoints.
 */
#include "cmd/doctor_walk.h"

#include "cmd/hello.h"
#include "cmd/places.h"

/* ---- the resource ------------------------------------------------------------------------------------------------- */

static struct question get(str url)
{
	return (struct question){ .method = S("GET"), .url = url, .version = S(RPC_VERSION_LEGACY) };
}

static struct question post(const struct walk *w)
{
	return (struct question){
		.method = S("POST"), .url = w->plain, .body = S(HELLO_LEGACY("gatehouse-doctor"))
	};
}

/* No server at this path: the metadata of the host may know where the server is. */
static void guess_path(struct walk *w)
{
	struct question q = get(place_metadata(w->mem, &w->url, false));
	struct probe_answer a;
	const struct json *doc;

	if (!walk_try(w, &q, &a) || a.res.status != 200 || json_parse(w->mem, a.body, &doc, NULL) != OK)
		return;
	str there = json_get_str(doc, S("resource"));
	if (there.n && !str_eq(there, w->plain))
		verdict_note(&w->v, "address", "Try that address.", "the metadata of this host is about %.*s",
		    FMT(str_sub(there, 0, 200)));
}

/*
 * What clients do besides the first POST, also before they have a token: codex GETs, gemini HEADs, claude
 * discovers.
 */
static void look_at_methods(struct walk *w)
{
	const struct {
		const char *what;
		struct question q;
	} rows[] = {
		{ "GET", { .method = S("GET"), .url = w->plain, .version = S("2024-11-05") } },
		{ "HEAD", { .method = S("HEAD"), .url = w->plain } },
		{ "discover",
		    { .method = S("POST"),
			.url = w->plain,
			.body = S(HELLO_MODERN),
			.version = S(RPC_VERSION_MODERN) } },
	};
	struct probe_answer a;

	for (size_t i = 0; i < COUNT(rows); i++)
		if (walk_ask(w, rows[i].what, &rows[i].q, &a) &&
		    judge_status(&w->v, rows[i].what, w->plain, &a.res))
			verdict_ok(&w->v, rows[i].what, "401 too");
}

/* The document at url judged; true with the issuer when clients can go on from there. */
static bool read_resource(struct walk *w, const char *what, str url, str *issuer)
{
	struct question q = get(url);
	struct probe_answer a;

	if (!walk_ask(w, what, &q, &a))
		return false;
	const struct json *doc = judge_document(&w->v, what, url, &a);
	if (!doc)
		return false;
	w->metadata = url;
	return judge_resource(&w->v, what, doc, &w->url, issuer);
}

/* Some clients ask here first or only; a host with several resources can name but one. */
static void look_at_root(struct walk *w, str url, str *issuer)
{
	static const char *const what = "root metadata";
	struct question q = get(url);
	struct probe_answer a;
	str found;

	if (!walk_ask(w, what, &q, &a))
		return;
	if (a.res.status >= 400 && a.res.status < 500) {
		verdict_note(&w->v, what,
		    "Serve the metadata there too, for the one resource that matters most.",
		    "%.*s answers %d: some clients ask only there", FMT(url), a.res.status);
		return;
	}
	const struct json *doc = judge_document(&w->v, what, url, &a);
	if (!doc)
		return;
	str said = json_get_str(doc, S("resource"));
	if (issuer->n && said.n && !str_eq(said, w->plain))
		verdict_note(&w->v, what, "That is fine when this host protects several resources.",
		    "it is about %.*s: clients that ask only there find that", FMT(str_sub(said, 0, 200)));
	else if (judge_resource(&w->v, what, doc, &w->url, &found) && !issuer->n)
		*issuer = found;
}

/* The three places of the metadata, in the order of clients; the first that names an issuer counts. */
static str look_at_metadata(struct walk *w, str challenged)
{
	str path = place_metadata(w->mem, &w->url, true), root = place_metadata(w->mem, &w->url, false),
	    issuer = S(""), found;

	if (challenged.n && read_resource(w, "metadata", challenged, &found))
		issuer = found;
	if (!str_eq(path, challenged) && read_resource(w, "path metadata", path, &found) && !issuer.n)
		issuer = found;
	if (!str_eq(root, path) && !str_eq(root, challenged))
		look_at_root(w, root, &issuer);
	return issuer;
}

/* ---- the issuer --------------------------------------------------------------------------------------------------- */

/*
 * One address of the issuer's metadata; gives the document that clients would take, or what they took
 * before.
 */
static const struct json *look_at_form(
    struct walk *w, str url, str issuer, bool openid, const struct json *first, bool *spoiled)
{
	const char *what = openid ? "OpenID metadata" : "issuer metadata";
	struct question q = get(url);
	struct probe_answer a;

	if (!walk_ask(w, what, &q, &a)) {
		*spoiled = true;
		return first;
	}
	if (a.res.status >= 400 && a.res.status < 500)
		return first;
	if (a.res.status >= 500) {
		verdict_fail(&w->v, what, "Answer 404 where there is nothing, and look at the log.",
		    "%.*s answers %d: clients give up instead of asking the next form", FMT(url),
		    a.res.status);
		*spoiled = true;
		return first;
	}
	const struct json *doc = judge_document(&w->v, what, url, &a);
	*spoiled |= !doc;
	if (doc && first)
		judge_twin(&w->v, what, first, doc);
	if (!doc || first)
		return first;
	w->issuer_metadata = url;
	judge_issuer(&w->v, what, doc, issuer, &w->url, openid);
	return doc;
}

static const struct json *look_at_forms(struct walk *w, str issuer, const struct url *u)
{
	str forms[PLACES_ISSUER];
	size_t count = place_issuer(w->mem, u, forms);
	const struct json *doc = NULL;
	bool spoiled = false;

	for (size_t i = 0; i < count; i++) {
		doc = look_at_form(w, forms[i], issuer, i > 0, doc, &spoiled);
		if (i == 0 && !doc && !spoiled)
			verdict_note(&w->v, "issuer metadata",
			    "Serve the metadata there too (RFC 8414 section 3).", "nothing at %.*s",
			    FMT(forms[i]));
	}
	if (!doc && !spoiled)
		judge_no_issuer(&w->v, issuer);
	return doc;
}

static void look_at_keys(struct walk *w, const struct json *doc)
{
	str url = json_get_str(doc, S("jwks_uri"));
	struct question q = get(url);
	struct probe_answer a;

	if (!json_get(doc, S("jwks_uri")))
		verdict_note(&w->v, "keys", "That is fine when servers ask the issuer about each token.",
		    "no jwks_uri: servers cannot check tokens by themselves");
	else if (!endpoint_problem(url, &w->url) && walk_ask(w, "keys", &q, &a)) {
		const struct json *keys = judge_document(&w->v, "keys", url, &a);
		if (keys)
			judge_keys(&w->v, keys);
	}
}

/* Dry: a GET registers nobody and gives no token, but it tells whether somebody is there. */
static str look_at_endpoint(
    struct walk *w, const struct json *doc, const char *what, const char *member, bool page)
{
	str url = json_get_str(doc, str_of(member));
	struct question q = get(url), other = { .method = S("OPTIONS"), .url = url };
	struct probe_answer a, b;

	if (!url.n || endpoint_problem(url, &w->url) || !walk_ask(w, what, &q, &a))
		return S("");
	bool second = a.res.status == 404 && !page && walk_ask(w, what, &other, &b);
	judge_endpoint(&w->v, what, url, &a.res, second ? &b.res : NULL, page);
	return url;
}

static void look_at_issuer(struct walk *w, str issuer)
{
	struct url u;

	if (str_eq(issuer, w->issuer_seen))
		return;
	w->issuer_seen = issuer;
	if (!judge_issuer_name(&w->v, issuer, &w->url, &u))
		return;
	const struct json *doc = look_at_forms(w, issuer, &u);
	if (!doc)
		return;
	look_at_keys(w, doc);
	(void)look_at_endpoint(w, doc, "authorization", "authorization_endpoint", true);
	w->token = look_at_endpoint(w, doc, "token", "token_endpoint", false);
	w->registration = look_at_endpoint(w, doc, "registration", "registration_endpoint", false);
}

/* ---- pages and names ---------------------------------------------------------------------------------------------- */

/* MCP Inspector, use-mcp and others run in a page: they need CORS on everything that they touch. */
static void look_at_web(struct walk *w)
{
	const struct {
		str url, headers;
	} rows[] = {
		{ w->plain, S("authorization,content-type,mcp-protocol-version") },
		{ w->metadata, S("mcp-protocol-version") },
		{ w->issuer_metadata, S("mcp-protocol-version") },
		{ w->registration, S("content-type") },
		{ w->token, S("content-type") },
	};
	struct question q = post(w);
	struct probe_answer a;
	bool fine = true;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct question p = { .method = S("OPTIONS"),
			.url = rows[i].url,
			.origin = S(DOCTOR_WEB_ORIGIN),
			.preflight = rows[i].headers };
		if (rows[i].url.n)
			fine = walk_ask(w, "web clients", &p, &a) &&
			    judge_preflight(&w->v, rows[i].url, &a.res, rows[i].headers) && fine;
	}
	q.origin = S(DOCTOR_WEB_ORIGIN);
	fine = walk_ask(w, "web clients", &q, &a) && judge_exposed(&w->v, &a.res) && fine;
	if (fine)
		verdict_ok(&w->v, "web clients", "a page at " DOCTOR_WEB_ORIGIN " can use it");
}

static void look_at_foreign(struct walk *w)
{
	struct question origin = post(w), host = post(w);
	struct probe_answer a;
	struct http_res r;
	bool found = false, asked = false, loopback = address_loopback(&w->url);

	origin.origin = S(DOCTOR_FOREIGN_ORIGIN);
	if (walk_ask(w, "foreign origin", &origin, &a))
		judge_origin(&w->v, &a.res);
	if (walk_ask_as(w, &r)) {
		asked = true;
		found = judge_host(&w->v, &r, "Host", loopback);
	}
	host.forwarded = S(DOCTOR_FOREIGN_HOST);
	if (!found && walk_ask(w, "foreign host", &host, &a)) {
		asked = true;
		found = judge_host(&w->v, &a.res, "X-Forwarded-Host", loopback);
	}
	if (asked && !found)
		verdict_ok(&w->v, "foreign host", "it sends nobody there");
}

static void look_behind(struct walk *w, str upstream, bool ours)
{
	struct question q = {
		.method = S("POST"), .url = upstream, .body = S(HELLO_LEGACY("gatehouse-doctor"))
	};
	struct probe_answer a;

	if (upstream.n) {
		(void)walk_try(w, &q, &a);
		judge_upstream(&w->v, upstream, &a);
	} else if (ours) {
		verdict_note(&w->v, "upstream",
		    "Sign in with a client: a 502 then has an id for gatehouse why.",
		    "what stands behind this Gatehouse is not seen without a token");
	}
}

/* ---- the walk ----------------------------------------------------------------------------------------------------- */

/* The first POST, and all that it tells; false when a client would get no further than that. */
static bool greet(struct walk *w, struct probe_answer *a)
{
	struct question q = post(w);

	(void)walk_try(w, &q, a);
	if (!judge_connection(&w->v, &w->url, a))
		return false;
	judge_reach(&w->v, &w->url, a->address);
	judge_clock(&w->v, &a->res, w->now);
	if (judge_status(&w->v, "POST", w->plain, &a->res))
		return true;
	if (a->res.status == 404 || a->res.status == 405)
		guess_path(w);
	return false;
}

bool walk_run(struct walk *w, str url, str upstream)
{
	struct probe_answer a;
	str metadata;

	if (!judge_address(&w->v, url, &w->url))
		return false;
	w->plain = address_plain(w->mem, &w->url);
	bool greeted = greet(w, &a), ours = greeted && challenge_ours(&a.res);
	if (greeted) {
		(void)judge_challenge(&w->v, &a.res, &w->url, &metadata);
		look_at_methods(w);
		str issuer = look_at_metadata(w, metadata);
		if (issuer.n)
			look_at_issuer(w, issuer);
		look_at_web(w);
		look_at_foreign(w);
	}
	look_behind(w, upstream, ours);
	return true;
}
