/* What answers mean to one client and not to another: the judges of selftest, without a server. */
#include "cmd/doctor_verdict.c"
#include "cmd/doctor_address.c"
#include "cmd/doctor_status.c"
#include "cmd/doctor_document.c"
#include "cmd/doctor_resource.c"
#include "cmd/doctor_issuer.c"
#include "cmd/doctor_challenge.c"
#include "cmd/places.c"
#undef WHAT
#include "cmd/selftest_judge.c"
#include "doctor_kit.h"

#define BASE "https://mcp.example"
#define URL_HERE BASE "/mcp"
#define META BASE "/.well-known/oauth-protected-resource/mcp"

static struct selftest *begin(const char *id)
{
	struct arena *mem = arena_new(MEMORY);
	struct selftest *s = NEW(mem, struct selftest);

	*s = (struct selftest){ .h = habits_find(str_of(id)), .facts = { .port = SELFTEST_PORT } };
	if (!s->h)
		fail_msg("there is no client %s", id);
	s->w.mem = s->w.v.mem = mem;
	s->w.url = address(S(URL_HERE));
	s->w.plain = S(URL_HERE);
	s->issuer = S(BASE);
	s->issuer_at = S(BASE "/.well-known/oauth-authorization-server");
	return s;
}

static void end(struct selftest *s)
{
	arena_unref(s->w.mem);
}

static const struct json *parse(struct selftest *s, const char *text)
{
	const struct json *o;

	if (json_parse(s->w.mem, str_of(text), &o, NULL) != OK)
		fail_msg("no JSON: %s", text);
	return o;
}

/* ---- challenge ---------------------------------------------------------------------------------------------------- */

#define BEARER "WWW-Authenticate: Bearer scope=\"a b\", resource_metadata=\"" META "\"\r\n"
#define HIDDEN_NOTE                                                                                    \
	"note challenge: it does not begin with Bearer and one blank, so %s looks where the metadata " \
	"usually is\n"

static void clients_of_the_sdk_see_a_challenge_only_behind_bearer(void **state)
{
	static const struct {
		const char *headers;
		bool sdk, others; /* see it */
	} rows[] = {
		{ BEARER, true, true },
		{ "WWW-Authenticate: bearer resource_metadata=\"" META "\", scope=\"a b\"\r\n", true, true },
		{ "WWW-Authenticate: Basic realm=\"x\"\r\n" BEARER, false, true },
		{ "WWW-Authenticate: Basic realm=\"x\", Bearer resource_metadata=\"" META
		  "\", scope=\"a b\"\r\n",
		    false, true },
		{ BEARER "WWW-Authenticate: Basic realm=\"x\"\r\n", true, true },
		{ "WWW-Authenticate: Bearer  resource_metadata=\"" META "\", scope=\"a b\"\r\n", false,
		    true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static const char *const ids[] = { "opencode", "codex" };
		for (size_t k = 0; k < 2; k++) {
			struct selftest *s = begin(ids[k]);
			bool sees = k == 0 ? rows[i].sdk : rows[i].others;
			struct probe_answer a = answer(
			    s->w.mem, arena_printf(s->w.mem, "HTTP/1.1 401 X\r\n%s\r\n", rows[i].headers));
			selftest_read_challenge(s, &a.res);
			same(rows[i].headers, s->metadata, sees ? S(META) : S(""));
			same(rows[i].headers, s->facts.challenged, sees ? S("a b") : S(""));
			found(rows[i].headers, &s->w.v,
			    sees ? "" : arena_printf(s->w.mem, HIDDEN_NOTE, s->h->name.p).p);
			end(s);
		}
	}
	struct selftest *s = begin("codex");
	struct probe_answer a =
	    answer(s->w.mem, S("HTTP/1.1 401 X\r\nWWW-Authenticate: Bearer resource_metadata=\"\r\n\r\n"));
	selftest_read_challenge(s, &a.res);
	found("a value without an end", &s->w.v,
	    "note challenge: it names no resource_metadata, so Codex looks where the metadata usually is\n");
	end(s);
}

/* ---- metadata ----------------------------------------------------------------------------------------------------- */

static void the_metadata_of_the_resource(void **state)
{
	static const struct {
		const char *sentence, *id, *doc;
		bool on;
		const char *resource, *want;
	} rows[] = {
		{ "right", "opencode",
		    "{\"resource\":\"" URL_HERE "\",\"authorization_servers\":[\"" BASE "\"]}", true,
		    URL_HERE, "" },
		{ "a null stops the SDK", "opencode",
		    "{\"resource\":\"" URL_HERE "\",\"authorization_servers\":[\"" BASE
		    "\"],\"jwks_uri\":null}",
		    false, "",
		    "FAIL metadata: null or empty: jwks_uri; clients refuse the whole document\n" },
		{ "and not codex", "codex",
		    "{\"resource\":\"" URL_HERE "\",\"authorization_servers\":[\"" BASE
		    "\"],\"jwks_uri\":null}",
		    true, URL_HERE, "" },
		{ "a path above stops VS Code", "vscode",
		    "{\"resource\":\"" BASE "/\",\"authorization_servers\":[\"" BASE "\"]}", false, "",
		    "FAIL metadata: resource is " BASE "/, clients were given " URL_HERE
		    ": it is a path above, which VS Code refuses\n" },
		{ "and not claude", "claude-code",
		    "{\"resource\":\"" BASE "/\",\"authorization_servers\":[\"" BASE "\"]}", true, BASE "/",
		    "note metadata: resource is " BASE "/, a path above, which this client takes\n" },
		{ "the root form of a host with several resources", "qwen-code",
		    "{\"resource\":\"" BASE "/other\",\"authorization_servers\":[\"" BASE "\"]}", true,
		    URL_HERE,
		    "note metadata: the root form is about " BASE
		    "/other: at its start the client finds that\n" },
		{ "another resource stops the others", "cursor",
		    "{\"resource\":\"" BASE "/other\",\"authorization_servers\":[\"" BASE "\"]}", false, "",
		    "FAIL metadata: resource is " BASE "/other, clients were given " URL_HERE
		    ": another path\n" },
		{ "no issuer", "cursor", "{\"resource\":\"" URL_HERE "\"}", false, "",
		    "FAIL metadata: authorization_servers is missing\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct selftest *s = begin(rows[i].id);
		same_int(
		    rows[i].sentence, selftest_judge_resource(s, S(META), parse(s, rows[i].doc)), rows[i].on);
		found(rows[i].sentence, &s->w.v, rows[i].want);
		same(rows[i].sentence, s->facts.resource, str_of(rows[i].resource));
		end(s);
	}
	struct selftest *s = begin("cursor");
	assert_true(selftest_judge_resource(s, S(META),
	    parse(s,
		"{\"resource\":\"" URL_HERE "\",\"authorization_servers\":[\"" BASE
		"\"],\"scopes_supported\":[\"a\",\"b\",\"c d\",7]}")));
	same("scopes of the metadata, where the challenge named none", s->facts.challenged, S("a b"));
	end(s);
}

/* ---- who the client is -------------------------------------------------------------------------------------------- */

#define CIMD "\"client_id_metadata_document_supported\":true"
#define NONE "\"token_endpoint_auth_methods_supported\":[\"none\"]"
#define DCR "\"registration_endpoint\":\"" BASE "/register\""

static void a_document_or_a_registration(void **state)
{
	static const struct {
		const char *sentence, *id, *doc;
		bool on, documented;
		const char *want;
	} rows[] = {
		{ "its document", "claude-code", "{" CIMD "," NONE "," DCR "}", true, true, "" },
		{ "a document without registration", "codex", "{" CIMD "," NONE "}", true, true, "" },
		{ "no document of its own", "cursor", "{" CIMD "," NONE "," DCR "}", true, false, "" },
		{ "no document of its own, no registration", "cursor", "{" CIMD "," NONE "}", false, false,
		    "FAIL client: no registration_endpoint, and it has no document\n" },
		{ "documents are not announced", "claude-code", "{" NONE "," DCR "}", true, false, "" },
		{ "nothing is announced", "codex", "{" NONE "}", false, false,
		    "FAIL client: no registration_endpoint, and documents are not announced\n" },
		{ "announced as a word", "codex",
		    "{\"client_id_metadata_document_supported\":\"true\"," NONE "}", false, false,
		    "FAIL client: no registration_endpoint, and documents are not announced\n" },
		{ "without none claude registers", "claude-code", "{" CIMD "," DCR "}", true, false,
		    "note client: it registers, though documents are announced: none is not among "
		    "token_endpoint_auth_methods_supported\n" },
		{ "without none and registration claude is lost", "claude-code", "{" CIMD "}", false, false,
		    "FAIL client: client_id_metadata_document_supported without none in "
		    "token_endpoint_auth_methods_supported: Claude Code does not use its document then, and "
		    "there is no "
		    "registration_endpoint\n" },
		{ "and codex is not", "codex", "{" CIMD "}", true, true, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct selftest *s = begin(rows[i].id);
		s->as = parse(s, rows[i].doc);
		same_int(rows[i].sentence, selftest_choose(s), rows[i].on);
		same_int(rows[i].sentence, s->documented, rows[i].documented);
		holds(rows[i].sentence, (s->client_id.n > 0) == rows[i].documented);
		found(rows[i].sentence, &s->w.v, rows[i].want);
		end(s);
	}
}

static void the_answer_to_a_registration(void **state)
{
	static const struct {
		const char *sentence, *id, *answer;
		bool on;
		const char *want;
	} rows[] = {
		{ "right", "opencode", "201 X\r\n\r\n{\"client_id\":\"c\",\"redirect_uris\":[\"x\"]}", true,
		    "" },
		{ "200 will do", "codex", "200 X\r\n\r\n{\"client_id\":\"c\"}", true, "" },
		{ "a null stops the SDK", "opencode",
		    "201 X\r\n\r\n{\"client_id\":\"c\",\"redirect_uris\":[\"x\"],\"client_secret\":null}",
		    false,
		    "FAIL registration: null or empty: client_secret; clients refuse the whole document\n" },
		{ "and not codex", "codex",
		    "201 X\r\n\r\n{\"client_id\":\"c\",\"redirect_uris\":[\"x\"],\"client_secret\":null}",
		    true, "" },
		{ "no redirect_uris stop the SDK", "opencode", "201 X\r\n\r\n{\"client_id\":\"c\"}", false,
		    "FAIL registration: the answer has no redirect_uris: the client refuses it\n" },
		{ "no client_id", "codex", "201 X\r\n\r\n{}", false,
		    "FAIL registration: the answer has no client_id\n" },
		{ "no object", "codex", "201 X\r\n\r\n[]", false,
		    "FAIL registration: " BASE "/register answers 201 without a JSON object\n" },
		{ "no JSON", "codex", "201 X\r\n\r\n<html>", false,
		    "FAIL registration: " BASE "/register answers 201 without a JSON object\n" },
		{ "refused with a reason", "cursor",
		    "400 X\r\n\r\n{\"error\":\"invalid_redirect_uri\",\"error_description\":\"no schemes\"}",
		    false,
		    "FAIL registration: " BASE "/register answers 400 invalid_redirect_uri: no schemes\n" },
		{ "refused without one", "cursor", "403 X\r\n\r\n", false,
		    "FAIL registration: " BASE "/register answers 403\n" },
		{ "too often", "cursor", "429 X\r\n\r\n", false,
		    "FAIL registration: " BASE "/register answers 429\n" },
		{ "redirected", "cursor", "307 X\r\nLocation: /r\r\n\r\n", false,
		    "FAIL registration: " BASE
		    "/register answers 307 and sends to /r: clients do not follow\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct selftest *s = begin(rows[i].id);
		struct probe_answer a =
		    answer(s->w.mem, arena_printf(s->w.mem, "HTTP/1.1 %s", rows[i].answer));
		same_int(
		    rows[i].sentence, selftest_judge_registration(s, S(BASE "/register"), &a), rows[i].on);
		found(rows[i].sentence, &s->w.v, rows[i].want);
		end(s);
	}
}

/* ---- where the person is ------------------------------------------------------------------------------------------ */

#define CB "http://127.0.0.1:43117/callback"

static void the_answer_of_the_authorization_endpoint(void **state)
{
	static const struct {
		const char *sentence, *registered, *prompt, *answer;
		bool on;
		const char *next, *want;
	} rows[] = {
		{ "a page", CB, NULL, "200 X\r\n\r\n", true, "", "" },
		{ "an error page is judged as a page", CB, NULL, "400 X\r\n\r\n", true, "", "" },
		{ "to the sign-in", CB, NULL, "302 X\r\nLocation: /login?txn=1\r\n\r\n", true,
		    BASE "/login?txn=1", "" },
		{ "to another host's sign-in", CB, NULL, "303 X\r\nLocation: https://idp.example/in\r\n\r\n",
		    true, "https://idp.example/in", "" },
		{ "nowhere", CB, NULL, "302 X\r\n\r\n", false, "",
		    "FAIL authorization: " CB ": it sends to , which no browser can open\n" },
		{ "to another scheme", CB, NULL, "302 X\r\nLocation: javascript:alert(1)\r\n\r\n", false, "",
		    "FAIL authorization: " CB
		    ": it sends to javascript:alert(1), which no browser can open\n" },
		{ "to the same scheme as here", CB, NULL, "302 X\r\nLocation: //evil.example/x\r\n\r\n",
		    false, "",
		    "FAIL authorization: " CB ": it sends to //evil.example/x, which no browser can open\n" },
		{ "back with an error", CB, NULL,
		    "302 X\r\nLocation: " CB
		    "?error=invalid_scope&error_description=no%20such&state=s\r\n\r\n",
		    false, "", "FAIL authorization: " CB ": sent back with error=invalid_scope, no such\n" },
		{ "prompt is refused", CB, "consent select_account",
		    "302 X\r\nLocation: " CB "?error=invalid_request&state=s\r\n\r\n", false, "",
		    "FAIL authorization: " CB
		    " with prompt=consent select_account: sent back with error=invalid_request\n" },
		{ "a code for nobody's yes", CB, NULL, "302 X\r\nLocation: " CB "?code=x\r\n\r\n", false, "",
		    "FAIL authorization: it gives the client an answer without asking anybody\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct selftest *s = begin("codex");
		struct selftest_ask ask = { .registered = str_of(rows[i].registered),
			.redirect_uri = S(CB),
			.prompt = rows[i].prompt };
		struct probe_answer a =
		    answer(s->w.mem, arena_printf(s->w.mem, "HTTP/1.1 %s", rows[i].answer));
		str next;
		s->as = parse(s, "{\"authorization_endpoint\":\"" BASE "/authorize\"}");
		same_int(rows[i].sentence, selftest_judge_authorize(s, &ask, &a, &next), rows[i].on);
		same(rows[i].sentence, next, str_of(rows[i].next));
		found(rows[i].sentence, &s->w.v, rows[i].want);
		end(s);
	}
}

static void the_page_at_the_end(void **state)
{
	static const struct {
		const char *sentence, *registered, *answer, *want, *remedy;
	} rows[] = {
		{ "a page", CB, "200 X\r\n\r\n<title>Sign in</title>", "", "" },
		{ "an error page", CB, "400 X\r\n\r\n<html><title> Unknown application </title>",
		    "FAIL authorization: " CB ": the person sees an error page, 400: Unknown application\n",
		    "Look at the log of what answers there." },
		{ "an error page without a title", CB, "500 X\r\n\r\n</title><title>",
		    "FAIL authorization: " CB ": the person sees an error page, 500\n",
		    "Look at the log of what answers there." },
		{ "another port than was registered", "http://127.0.0.1/callback", "400 X\r\n\r\n",
		    "FAIL authorization: " CB
		    ", for http://127.0.0.1/callback: the person sees an error page, 400\n",
		    "Compare http addresses on loopback without their port (RFC 8252 section 7.3)." },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct selftest *s = begin("codex");
		struct selftest_ask ask = { .registered = str_of(rows[i].registered),
			.redirect_uri = S(CB),
			.port_matters = !str_eq(str_of(rows[i].registered), S(CB)) };
		struct probe_answer a =
		    answer(s->w.mem, arena_printf(s->w.mem, "HTTP/1.1 %s", rows[i].answer));
		selftest_judge_page(s, &ask, &a);
		found(rows[i].sentence, &s->w.v, rows[i].want);
		same_int(rows[i].sentence, (int64_t)s->pages, s->w.v.failed ? 0 : 1);
		same(rows[i].sentence, s->w.v.first->remedy, str_of(rows[i].remedy));
		end(s);
	}
}

/* Only where the document is what stands for the client, and only by the words of a page of ours. */
static void without_the_internet_nothing_failed_and_nothing_was_proved(void **state)
{
#define LEAD(words) \
	"400 X\r\n\r\n<title>No \xc2\xb7 Gatehouse</title><p class=\"lead\">" words "</p><p>more</p>"
#define NOT_FETCHED "The document of this application at chatgpt.com could not be fetched: "
	static const struct {
		const char *sentence, *answer, *want;
		bool ours, documented;
	} rows[] = {
		{ "no name", LEAD(NOT_FETCHED "the name of the host does not resolve."),
		    "skip authorization: not tried. " NOT_FETCHED "the name of the host does not resolve.\n",
		    true, true },
		{ "nobody there", LEAD(NOT_FETCHED "nobody answers there."),
		    "skip authorization: not tried. " NOT_FETCHED "nobody answers there.\n", true, true },
		{ "too late", LEAD(NOT_FETCHED "it did not come in time."),
		    "skip authorization: not tried. " NOT_FETCHED "it did not come in time.\n", true, true },
		{ "its host says no", LEAD(NOT_FETCHED "it answered with status 404."),
		    "FAIL authorization: " CB ": the person sees an error page, 400: " NOT_FETCHED
		    "it answered with status 404.\n",
		    true, true },
		{ "for another reason", LEAD("Nobody answers there."),
		    "FAIL authorization: " CB ": the person sees an error page, 400: Nobody answers there.\n",
		    true, true },
		{ "who registered", LEAD(NOT_FETCHED "nobody answers there."),
		    "FAIL authorization: " CB ": the person sees an error page, 400: " NOT_FETCHED
		    "nobody answers there.\n",
		    true, false },
		{ "a server of others may say what it likes", LEAD(NOT_FETCHED "nobody answers there."),
		    "FAIL authorization: " CB ": the person sees an error page, 400: No \xc2\xb7 Gatehouse\n",
		    false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct selftest *s = begin("codex");
		struct selftest_ask ask = { .registered = S(CB), .redirect_uri = S(CB) };
		struct probe_answer a =
		    answer(s->w.mem, arena_printf(s->w.mem, "HTTP/1.1 %s", rows[i].answer));
		s->ours = rows[i].ours;
		s->documented = rows[i].documented;
		selftest_judge_page(s, &ask, &a);
		same(rows[i].sentence, findings_text(&s->w.v), str_of(rows[i].want));
		same_int(rows[i].sentence, (int64_t)s->pages, 0);
		end(s);
	}
#undef LEAD
#undef NOT_FETCHED
}

static void what_the_consent_page_will_show(void **state)
{
	static const struct {
		const char *id, *document, *uri, *want;
	} rows[] = {
		{ "claude", "", "https://claude.ai/api/mcp/auth_callback",
		    "Claude, verified by its address claude.ai" },
		{ "cursor", "", "cursor://anysphere.cursor-mcp/oauth/callback", "Cursor, not verified" },
		{ "cursor", "", "https://www.cursor.com/agents/mcp/oauth/callback",
		    "Cursor, verified by its address www.cursor.com" },
		{ "grok-bot", "", "https://www.cursor.com/agents/mcp/oauth/callback",
		    "Cursor, verified by its address www.cursor.com" },
		{ "vscode", "", "https://vscode.dev/redirect", "Visual Studio Code, not verified" },
		{ "claude-code", "", CB, "Claude Code (weather), not verified" },
		{ "claude-code", "https://claude.ai/oauth/claude-code-client-metadata", CB,
		    "Claude Code, verified by its document" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct selftest *s = begin(rows[i].id);
		s->client_id = str_of(rows[i].document);
		s->documented = s->client_id.n > 0;
		same(rows[i].uri, selftest_consent_words(s, str_of(rows[i].uri)), str_of(rows[i].want));
		end(s);
	}
}

static void places_of_metadata(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct url u = address(S("https://MCP.example:443/a/b?x=1")),
		   bare = address(S("https://mcp.example/"));
	str forms[PLACES_ISSUER];

	(void)state;
	same("path", place_metadata(mem, &u, true), S(BASE "/.well-known/oauth-protected-resource/a/b?x=1"));
	same("root", place_metadata(mem, &u, false), S(BASE "/.well-known/oauth-protected-resource"));
	same("no path", place_metadata(mem, &bare, true), S(BASE "/.well-known/oauth-protected-resource"));
	assert_int_equal(place_issuer(mem, &bare, forms), 2);
	same("one", forms[0], S(BASE "/.well-known/oauth-authorization-server"));
	same("two", forms[1], S(BASE "/.well-known/openid-configuration"));
	u = address(S(BASE "/t/a//"));
	assert_int_equal(place_issuer(mem, &u, forms), 3);
	same("inserted", forms[0], S(BASE "/.well-known/oauth-authorization-server/t/a"));
	same("inserted too", forms[1], S(BASE "/.well-known/openid-configuration/t/a"));
	same("appended", forms[2], S(BASE "/t/a/.well-known/openid-configuration"));
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_of_the_sdk_see_a_challenge_only_behind_bearer),
		cmocka_unit_test(the_metadata_of_the_resource),
		cmocka_unit_test(a_document_or_a_registration),
		cmocka_unit_test(the_answer_to_a_registration),
		cmocka_unit_test(the_answer_of_the_authorization_endpoint),
		cmocka_unit_test(the_page_at_the_end),
		cmocka_unit_test(without_the_internet_nothing_failed_and_nothing_was_proved),
		cmocka_unit_test(what_the_consent_page_will_show),
		cmocka_unit_test(places_of_metadata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
