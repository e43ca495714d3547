/* Pages and names that have no business here: what DNS rebinding and poisoned Host headers would find. */
#include "cmd/doctor_judge.h"

void judge_origin(struct verdict *v, const struct http_res *r)
{
	static const char *const what = "foreign origin";
	str allowed = http_res_header(r, S("Access-Control-Allow-Origin"));

	if (r->status >= 200 && r->status < 300)
		verdict_fail(v, what,
		    "Ask for a token whatever Origin says, and answer 403 to origins that are not allowed.",
		    "%d without a token, for a page of " DOCTOR_FOREIGN_ORIGIN, r->status);
	else if (str_eq(allowed, S(DOCTOR_FOREIGN_ORIGIN)) &&
	    str_eq(http_res_header(r, S("Access-Control-Allow-Credentials")), S("true")))
		verdict_fail(v, what,
		    "Allow single origins, and never with Access-Control-Allow-Credentials.",
		    "any page may call it with the person's cookies");
	else if (r->status == 403)
		verdict_ok(v, what, "refused by 403");
	else
		verdict_note(v, what, "Answer 403 to origins that are not allowed (MCP, Streamable HTTP).",
		    "%d instead of 403 for a page of " DOCTOR_FOREIGN_ORIGIN, r->status);
}

/* Is the name in what we are told to do next? */
static bool repeats(const struct http_res *r)
{
	str name = S(DOCTOR_FOREIGN_HOST);

	return str_find(http_res_header(r, S("WWW-Authenticate")), name) >= 0 ||
	    str_find(http_res_header(r, S("Location")), name) >= 0;
}

bool judge_host(struct verdict *v, const struct http_res *r, const char *header, bool loopback)
{
	static const char *const what = "foreign host";
	bool host = str_eq(str_of(header), S("Host"));

	if (repeats(r)) {
		verdict_fail(v, what, "Set base_url, and make no address out of what a request says.",
		    "it sends clients to the host that %s names: whoever sets it chooses where people sign "
		    "in",
		    header);
		return true;
	}
	if (!host)
		return false;
	if (r->status >= 200 && r->status < 300)
		verdict_fail(v, what, "Answer 421 to host names that are not its own.",
		    "%d without a token, for Host: " DOCTOR_FOREIGN_HOST, r->status);
	else if (loopback && r->status == 401)
		verdict_note(v, what, "Answer 421 to host names that are not its own.",
		    "it answers for any host name, so that a page can reach it by DNS rebinding");
	else
		return false;
	return true;
}
