#include "core/outside_answer.h"
#include "base/json.h"

/* Host names are shown on pages and in challenges: only what a host may be made of. */
static str shown(str host)
{
	for (size_t i = 0; i < host.n; i++) {
		char ch = host.p[i];
		if (!((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z') && !(ch >= '0' && ch <= ':') && ch != '.' &&
		    ch != '-' && ch != '_' && ch != '[' && ch != ']')
			return S("its host");
	}
	return str_sub(host, 0, 80);
}

/* What people can do something about, in words that go out. */
static const char *result_words(enum fetch_result r)
{
	static const char *const words[FETCH_RESULT_COUNT] = {
		[FETCH_URL] = "its address is not one that is fetched",
		[FETCH_ADDRESS] = "the host has an address that is not public",
		[FETCH_NAME] = "the name of the host does not resolve",
		[FETCH_CONNECT] = "nobody answers there",
		[FETCH_TLS] = "its certificate is not to be believed",
		[FETCH_TIME] = "it did not come in time",
		[FETCH_SIZE] = "it is too large",
		[FETCH_HTTP] = "what answers there does not speak HTTP",
		[FETCH_BUSY] = "too many documents are being fetched now",
		[FETCH_GONE] = "this server could not start its fetcher",
	};

	return words[r] ? words[r] : "it could not be fetched";
}

bool outside_unreached(str words)
{
	static const enum fetch_result unreached[] = { FETCH_NAME, FETCH_CONNECT, FETCH_TIME };

	for (size_t i = 0; i < COUNT(unreached); i++) {
		const char *reason = result_words(unreached[i]);
		ptrdiff_t at = str_find(words, str_of(reason));
		if (at > 0 && str_ends(str_sub(words, 0, (size_t)at), S("could not be fetched: ")))
			return true;
	}
	return false;
}

static enum err say(struct ctx *c, const struct flight *f, enum err e, str words)
{
	c->fail.say =
	    arena_printf(c->mem, "The %s of this application at %.*s %s: %.*s.", f->noun, FMT(shown(f->host)),
		e == ERR_DOCUMENT_INVALID ? "is not valid" : "could not be fetched", FMT(words));
	return e;
}

static enum err not_fetched(struct ctx *c, const struct flight *f)
{
	enum fetch_result r = f->answer.result;
	str url = str_sub(f->url, 0, 160), words = str_of(result_words(r));

	if (r == FETCH_ADDRESS)
		return say(
		    c, f, FAIL(c, DOCUMENT_ADDRESS, "%.*s: %.*s", FMT(url), FMT(f->answer.why)), words);
	if (r == FETCH_URL || r == FETCH_SIZE)
		return say(c, f,
		    FAIL(c, DOCUMENT_INVALID, "%.*s: %.*s (%.*s)", FMT(url), FMT(words), FMT(f->answer.why)),
		    words);
	return say(c, f,
	    FAIL(c, DOCUMENT_UNREACHABLE, "%.*s: %.*s (%.*s)", FMT(url), FMT(words), FMT(f->answer.why)),
	    words);
}

static enum err bad_status(struct ctx *c, const struct flight *f)
{
	int status = f->answer.status;
	str url = str_sub(f->url, 0, 160);
	bool gone = status == 404 || status == 410, redirect = status >= 300 && status < 400;
	str words = arena_printf(c->mem, "it answered with status %d%s", status,
	    status == 403 || status == 429 || status == 503
		? ", so perhaps a filter in front of it turns servers away"
		: redirect ? ", and redirects are not followed"
			   : "");

	if (gone)
		return say(c, f, FAIL(c, DOCUMENT_GONE, "%.*s: status %d", FMT(url), status), words);
	return say(c, f, FAIL(c, DOCUMENT_UNREACHABLE, "%.*s: %.*s", FMT(url), FMT(words)), words);
}

/* A page of some filter in between comes with status 200 too: what is no JSON object says nothing of its owner's will. */
static enum err not_json(struct ctx *c, const struct flight *f)
{
	const struct json *o = NULL;
	str type = f->answer.type.n ? str_sub(f->answer.type, 0, 60) : S("no type");

	if (json_parse(c->mem, f->answer.body, &o, NULL) == OK && o->type == JSON_OBJECT)
		return OK;
	return say(c, f,
	    FAIL(c, DOCUMENT_UNREACHABLE, "%.*s: %zu bytes of %.*s, which are no JSON object",
		FMT(str_sub(f->url, 0, 160)), f->answer.body.n, FMT(type)),
	    S("what came is no JSON object"));
}

enum err outside_judge(
    struct ctx *c, const struct flight *f, enum err (*valid)(struct ctx *c, str body, void *arg), void *arg)
{
	if (f->answer.result != FETCH_OK)
		return not_fetched(c, f);
	if (f->answer.status != 200)
		return bad_status(c, f);
	TRY(not_json(c, f));
	enum err e = valid(c, f->answer.body, arg);
	if (e != OK && c->fail.say.n == 0)
		(void)say(c, f, e, S("it breaks a rule of such documents"));
	return e;
}
