/* What it means when a request without a token gets something else than 401. */
#include "cmd/doctor_judge.h"

static const struct {
	int from, to;
	const char *seen, *remedy;
} status_rows[] = {
	{ 200, 299, "it answers without a token: it is not protected",
	    "Protect it (gatehouse protect URL), and let nobody reach the server itself from outside." },
	{ 400, 400, "it judges the request before it asks for a token",
	    "Answer 401 before reading the body: clients learn only from a 401 where to sign in." },
	{ 403, 403, "something forbids it before it asks for a token",
	    "Answer 401 with a challenge instead, and let a firewall or bot protection in front pass this "
	    "path on." },
	{ 404, 404, "nothing is served at this path",
	    "Correct the path (gatehouse list_resources shows them), or let the proxy in front pass it on "
	    "unchanged." },
	{ 405, 405, "this method is not allowed before a token is asked for, which hides the challenge",
	    "Correct the path, or answer 401 with a challenge to every method and let the proxy in front "
	    "pass all on." },
	{ 406, 406, "it judges the request before it asks for a token",
	    "Answer 401 before looking at Accept: clients learn only from a 401 where to sign in." },
	{ 415, 415, "it judges the request before it asks for a token",
	    "Answer 401 before looking at Content-Type: clients learn only from a 401 where to sign in." },
	{ 421, 421, "it does not answer for this host name",
	    "Set base_url to the address that people use, and let the proxy in front pass Host on "
	    "unchanged." },
	{ 429, 429, "it is asked too often from here",
	    "Wait, and raise the limits if clients meet them too." },
	{ 502, 504, "the proxy in front does not get an answer from what stands behind it",
	    "Start what stands behind the proxy, or correct the address that the proxy has for it." },
	{ 500, 599, "the server fails, and clients give up at once",
	    "Look at the log of what answers there." },
	{ 0, 999, "clients take only 401 as the beginning of a sign-in", "Answer 401 with a challenge." },
};

bool judge_status(struct verdict *v, const char *what, str url, const struct http_res *r)
{
	size_t i = 0;

	if (r->status == 401)
		return true;
	if (judge_redirect(v, what, url, r))
		return false;
	while (r->status < status_rows[i].from || r->status > status_rows[i].to)
		i++;
	verdict_fail(v, what, status_rows[i].remedy, "%d instead of 401: %s", r->status, status_rows[i].seen);
	return false;
}
