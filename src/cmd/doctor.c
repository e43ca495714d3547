/* The resource's side of the walk. */
#include "cmd/doctor.h"

#include "base/time.h"
#include "rpc/version.h"

#define TIMEOUT_MS 10000
#define CLOCK_SKEW 60
#define INITIALIZE                                                                                 \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":" \
	"\"" RPC_VERSION_LEGACY "\","                                                              \
	"\"capabilities\":{},\"clientInfo\":{\"name\":\"gatehouse-doctor\",\"version\":\"1\"}}}"

void doctor_ok(struct doctor *d, const char *what, str seen)
{
	findings_add(&d->f, FINDING_OK, what, seen, S(""));
}

void doctor_fail(struct doctor *d, const char *what, str seen, str remedy)
{
	findings_add(&d->f, FINDING_FAIL, what, seen, remedy);
}

void doctor_note(struct doctor *d, const char *what, str seen, str remedy)
{
	findings_add(&d->f, FINDING_NOTE, what, seen, remedy);
}

/* What a person can do about a step that did not work. */
static void explain(struct doctor *d, const char *what, const struct probe_answer *a)
{
	static const struct {
		const char *step, *remedy;
	} steps[] = {
		[PROBE_URL] = { "the address", "give it as people type it: https://host/path" },
		[PROBE_DNS] = { "the name does not resolve", "look at the spelling, and at the DNS record" },
		[PROBE_CONNECT] = { "nothing answers: cannot connect",
		    "start Gatehouse or the proxy in front; look at listen, the port and the firewall" },
		[PROBE_TLS] = { "TLS",
		    "renew or correct the certificate of the proxy in front: it must be for this name, "
		    "valid, and with its chain" },
		[PROBE_HTTP] = { "HTTP", "look at what listens there, and at the proxy in front" },
	};
	const char *at = a->address.n ? " at " : "";

	bool behind = str_eq(str_of(what), S("upstream"));
	if (a->stage < COUNT(steps))
		doctor_fail(d, what,
		    arena_printf(d->cli->mem, "%s%s%.*s (%.*s)", steps[a->stage].step, at, FMT(a->address),
			FMT(a->why)),
		    behind ? S("start the MCP server, or correct the upstream")
			   : str_of(steps[a->stage].remedy));
}

bool doctor_ask(struct doctor *d, const char *what, str method, str url, str body, struct probe_answer *out)
{
	const struct http_header headers[] = {
		{ S("Accept"), S("application/json, text/event-stream") },
		{ S("MCP-Protocol-Version"), S(RPC_VERSION_LEGACY) },
		/* Documents are asked for as a client in a browser does, to see whether it may read them. */
		body.n ? (struct http_header){ S("Content-Type"), S("application/json") }
		       : (struct http_header){ S("Origin"), S("http://localhost:6274") },
	};
	struct probe_ask ask = { .method = method,
		.url = url,
		.headers = headers,
		.header_count = COUNT(headers),
		.body = body,
		.timeout_ms = TIMEOUT_MS };

	probe_run(d->cli->mem, &ask, out);
	if (out->stage != PROBE_DONE) {
		explain(d, what, out);
		return false;
	}
	if (out->res.status >= 300 && out->res.status < 400) {
		doctor_fail(d, what,
		    arena_printf(d->cli->mem,
			"%.*s answers %d and sends elsewhere (%.*s): clients do not follow", FMT(url),
			out->res.status, FMT(http_res_header(&out->res, S("Location")))),
		    S("let the proxy pass this address on instead of redirecting it; use the address it "
		      "redirects to as base_url"));
		return false;
	}
	return true;
}

const struct json *doctor_json(struct doctor *d, const char *what, const struct probe_answer *a)
{
	const struct json *o;

	if (json_parse(d->cli->mem, a->body, &o, NULL) == OK && o->type == JSON_OBJECT)
		return o;
	doctor_fail(d, what, S("the answer is no JSON object"),
	    S("look at the proxy in front: something else answers there"));
	return NULL;
}

/* Clients on other machines, and the spoken rules of the SDKs about addresses. */
static void look_at_address(struct doctor *d, str url)
{
	struct url u;

	if (url_parse(url, &u) != OK || !u.host.n)
		return;
	if (str_eq(u.scheme, S("http")) && !url_loopback(&u))
		doctor_fail(d, "address",
		    S("it is not https: clients refuse it, and tokens would travel in clear"),
		    S("put a proxy with TLS in front, and set base_url to its https address"));
	else if (url_loopback(&u))
		doctor_note(d, "address", S("only programs on this machine can reach it"),
		    S("Claude on the web or phone and ChatGPT need an address on the internet"));
	if (str_ends(u.path, S("/")) && u.path.n > 1)
		doctor_note(d, "address", S("it ends with a slash"),
		    S("people should type it without: clients compare the text"));
}

static void look_at_clock(struct doctor *d, const struct probe_answer *a)
{
	int64_t there;
	str date = http_res_header(&a->res, S("Date"));

	if (!date.n || time_http_date_parse(date, &there) != OK)
		return;
	int64_t off = there > d->now ? there - d->now : d->now - there;
	if (off > CLOCK_SKEW)
		doctor_fail(d, "clock",
		    arena_printf(d->cli->mem, "the clocks of the server and of this machine differ by %lld s",
			(long long)off),
		    S("set both by NTP: tokens would be too old or too new"));
}

/* A quoted parameter of the challenge; p == NULL when it is not there. */
static str challenge_part(str challenge, str name)
{
	ptrdiff_t at = str_find(challenge, name);
	str value, rest;

	if (at < 0)
		return (str){ NULL, 0 };
	rest = str_sub(challenge, (size_t)at + name.n, challenge.n);
	return str_cut(rest, '"', &value, &rest) ? value : (str){ NULL, 0 };
}

/* An unauthenticated call must be answered by the challenge that starts OAuth. Gives the address of the metadata. */
static bool look_at_challenge(struct doctor *d, const struct probe_answer *a, str *metadata)
{
	str challenge = http_res_header(&a->res, S("WWW-Authenticate"));

	if (a->res.status == 200) {
		doctor_fail(d, "challenge", S("the server answers without a token: it is not protected"),
		    S("clients must use Gatehouse's address, and the server itself must not be reachable "
		      "from outside: gatehouse protect URL"));
		return false;
	}
	if (a->res.status == 421 || a->res.status == 404) {
		doctor_fail(d, "challenge",
		    arena_printf(d->cli->mem, "%d: there is no resource at this address", a->res.status),
		    S("gatehouse list_resources shows the addresses; base_url must be the one that people "
		      "use; let the proxy pass Host and path on unchanged"));
		return false;
	}
	if (a->res.status != 401) {
		doctor_fail(d, "challenge", arena_printf(d->cli->mem, "%d instead of 401", a->res.status),
		    S("look at the proxy in front, and at the log of Gatehouse"));
		return false;
	}
	if (!str_starts(challenge, S("Bearer "))) {
		doctor_fail(d, "challenge", S("401 without WWW-Authenticate: Bearer"),
		    S("let the proxy in front pass this header on, and add none of its own"));
		return false;
	}
	*metadata = challenge_part(challenge, S("resource_metadata=\""));
	if (!metadata->n) {
		doctor_fail(d, "challenge", S("it names no resource_metadata"),
		    S("let the proxy in front pass WWW-Authenticate on unchanged"));
		return false;
	}
	doctor_ok(d, "challenge", S("401 Bearer, with the address of the metadata"));
	return true;
}

/* RFC 9728: the resource says which address it is, and who gives tokens for it. */
static void look_at_metadata(struct doctor *d, str url, str metadata)
{
	struct probe_answer a;
	struct url want, have;

	if (!doctor_ask(d, "resource metadata", S("GET"), metadata, S(""), &a))
		return;
	if (a.res.status != 200) {
		doctor_fail(d, "resource metadata",
		    arena_printf(d->cli->mem, "%.*s answers %d", FMT(metadata), a.res.status),
		    S("let the proxy in front pass /.well-known/ on to Gatehouse"));
		return;
	}
	const struct json *o = doctor_json(d, "resource metadata", &a);
	if (!o)
		return;
	str resource = json_get_str(o, S("resource"));
	if (url_parse(url, &want) != OK || url_parse(resource, &have) != OK || !url_same(&want, &have))
		doctor_fail(d, "resource metadata",
		    arena_printf(
			d->cli->mem, "it is about %.*s, clients were given %.*s", FMT(resource), FMT(url)),
		    S("give clients the address in the metadata, or set base_url to the one that they use"));
	else
		doctor_ok(d, "resource metadata", resource);
	if (!http_res_header(&a.res, S("Access-Control-Allow-Origin")).n)
		doctor_note(d, "resource metadata", S("no Access-Control-Allow-Origin"),
		    S("clients that run in a browser need it; let the proxy pass it on"));
	const struct json *servers = json_get(o, S("authorization_servers"));
	str issuer = servers ? json_str_of(servers->first) : S("");
	if (!issuer.n)
		doctor_fail(d, "resource metadata", S("it names no authorization server"),
		    S("this is not an answer of Gatehouse: look at the proxy in front"));
	else
		doctor_issuer(d, issuer);
}

/* The server behind, from here: the gateway runs on the same machine or sees the same network. */
static void look_at_upstream(struct doctor *d, str upstream)
{
	struct probe_answer a;

	if (!upstream.n || !doctor_ask(d, "upstream", S("POST"), upstream, S(INITIALIZE), &a))
		return;
	if (a.res.status == 401 || a.res.status == 403)
		doctor_fail(d, "upstream",
		    arena_printf(d->cli->mem, "%.*s asks for an authorization of its own (%d)", FMT(upstream),
			a.res.status),
		    S("switch the authorization of the MCP server off: Gatehouse does it"));
	else if (a.res.status >= 400)
		doctor_fail(d, "upstream",
		    arena_printf(d->cli->mem, "%.*s answers %d", FMT(upstream), a.res.status),
		    S("look at the path of the upstream, and at the MCP server's log"));
	else
		doctor_ok(d, "upstream", arena_printf(d->cli->mem, "%.*s answers", FMT(upstream)));
}

void doctor_walk(struct doctor *d, str url, str upstream)
{
	struct probe_answer a;
	str metadata;

	findings_about(&d->f, url);
	look_at_address(d, url);
	if (doctor_ask(d, "reach", S("POST"), url, S(INITIALIZE), &a)) {
		doctor_ok(d, "reach",
		    arena_printf(d->cli->mem, "%.*s%s%.*s", FMT(a.address), a.tls.n ? ", " : "", FMT(a.tls)));
		look_at_clock(d, &a);
		if (look_at_challenge(d, &a, &metadata))
			look_at_metadata(d, url, metadata);
	}
	look_at_upstream(d, upstream);
}
