/*
 * Addresses that have to be there, and what a page in a browser may see of them (Fetch standard, CORS
 * protocol).
 */
#include "cmd/doctor_judge.h"

void judge_endpoint(struct verdict *v, const char *what, str url, const struct http_res *get,
    const struct http_res *other, bool page)
{
	int status = get->status;

	if (!page && judge_redirect(v, what, url, get))
		return;
	if (status >= 500)
		verdict_fail(v, what, "Look at the log of what answers there, and at the proxy in front.",
		    "%.*s answers %d", FMT(url), status);
	else if (status == 404 && (!other || other->status == 404))
		verdict_fail(v, what, "Let the proxy in front pass this path on, or correct the metadata.",
		    "%.*s answers 404: there is nothing", FMT(url));
	else
		verdict_ok(v, what, "%.*s is there", FMT(url));
}

/* "*" stands for all headers but Authorization. */
static bool header_allowed(str list, str name)
{
	str item;

	for (str rest = list; str_word(&rest, ',', &item);)
		if (str_ieq(str_trim(item), name) ||
		    (str_eq(str_trim(item), S("*")) && !str_ieq(name, S("authorization"))))
			return true;
	return false;
}

static bool origin_allowed(const struct http_res *r)
{
	str origin = http_res_header(r, S("Access-Control-Allow-Origin"));

	return str_eq(origin, S("*")) || str_eq(origin, S(DOCTOR_WEB_ORIGIN));
}

bool judge_preflight(struct verdict *v, str url, const struct http_res *r, str headers)
{
	static const char *const what = "web clients";
	static const char *const remedy = "Answer its OPTIONS without a token by 204 and "
					  "Access-Control-Allow-Origin, -Headers and -Methods.";
	str name;

	if (r->status < 200 || r->status > 299) {
		verdict_note(v, what, remedy, "%.*s answers a preflight by %d", FMT(url), r->status);
		return false;
	}
	if (!origin_allowed(r)) {
		verdict_note(v, what, remedy, "%.*s does not allow the origin " DOCTOR_WEB_ORIGIN, FMT(url));
		return false;
	}
	while (str_word(&headers, ',', &name)) {
		if (header_allowed(http_res_header(r, S("Access-Control-Allow-Headers")), name))
			continue;
		verdict_note(v, what, remedy, "%.*s does not allow the header %.*s", FMT(url), FMT(name));
		return false;
	}
	return true;
}

bool judge_exposed(struct verdict *v, const struct http_res *r)
{
	str exposed = http_res_header(r, S("Access-Control-Expose-Headers"));

	if (origin_allowed(r) && header_allowed(exposed, S("WWW-Authenticate")))
		return true;
	verdict_note(v, "web clients",
	    "Send Access-Control-Allow-Origin and Access-Control-Expose-Headers: WWW-Authenticate with the "
	    "401.",
	    "a page cannot read the challenge");
	return false;
}

void judge_upstream(struct verdict *v, str url, const struct probe_answer *a)
{
	int status = a->res.status;

	if (a->stage != PROBE_DONE)
		verdict_fail(v, "upstream", "Start the MCP server, or correct the upstream.",
		    "%.*s does not answer: %.*s", FMT(url), FMT(a->why));
	else if (status == 401 || status == 403)
		verdict_fail(v, "upstream",
		    "Switch the authorization of the MCP server off: Gatehouse does it.",
		    "%.*s asks for an authorization of its own (%d)", FMT(url), status);
	else if (status >= 300)
		verdict_fail(v, "upstream",
		    "Correct the path of the upstream, and look at the MCP server's log.", "%.*s answers %d",
		    FMT(url), status);
	else
		verdict_ok(v, "upstream", "%.*s answers", FMT(url));
}
