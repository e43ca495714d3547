#include "core/resource_rule.h"

#include "base/buf.h"
#include "base/text.h"
#include "base/url.h"

/* Every address of ours, so that no resource hides one. */
static const str routes[] = {
#define ROUTE(methods, path, handler, lane, guard, style, cors, body) S_INIT(path),
#include "routes.def"
#undef ROUTE
};

/* First parts of paths that later versions answer at: interface.md names them. */
static const str kept[] = {
	S_INIT(".well-known"),
	S_INIT("account"),
	S_INIT("admin"),
	S_INIT("api"),
	S_INIT("auth"),
	S_INIT("authorize"),
	S_INIT("callback"),
	S_INIT("consent"),
	S_INIT("device"),
	S_INIT("docs"),
	S_INIT("introspect"),
	S_INIT("link"),
	S_INIT("llms-full.txt"),
	S_INIT("login"),
	S_INIT("logout"),
	S_INIT("oauth"),
	S_INIT("oauth2"),
	S_INIT("register"),
	S_INIT("revoke"),
	S_INIT("setup"),
	S_INIT("static"),
	S_INIT("t"),
	S_INIT("token"),
	S_INIT("userinfo"),
	S_INIT("why"),
};

static bool ours(str path)
{
	str first, rest, all = str_sub(path, 1, path.n);

	str_cut(all, '/', &first, &rest);
	for (size_t i = 0; i < COUNT(kept); i++)
		if (str_eq(kept[i], first))
			return true;
	for (size_t i = 0; i < COUNT(routes); i++) {
		str r = routes[i];
		bool below = str_ends(r, S("*"));
		if (below ? str_starts(path, str_sub(r, 0, r.n - 1)) : str_eq(path, r))
			return true;
	}
	return false;
}

/* RFC 3986 unreserved characters: what no proxy and no client writes in two ways. */
static bool plain(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '.' || c == '_' || c == '~' || c == '/'))
			return false;
	}
	return true;
}

const char *resource_path_problem(str path)
{
	if (!str_starts(path, S("/")) || path.n < 2)
		return "must begin with / and say more than that";
	if (path.n > RESOURCE_PATH_MAX)
		return "is longer than 255 characters";
	if (str_ends(path, S("/")))
		return "must not end with /; requests with one are served all the same";
	if (!plain(path))
		return "has characters other than letters, digits and - . _ ~ /";
	if (str_find(path, S("//")) >= 0 || url_dots(path))
		return "has an empty part or one of dots";
	return ours(path) ? "is an address of Gatehouse itself" : NULL;
}

const char *resource_upstream_problem(str url)
{
	struct url u;

	if (url.n > RESOURCE_UPSTREAM_MAX)
		return "is longer than 2048 characters";
	if (url_parse(url, &u) != OK || !u.authority || !u.host.n)
		return "is not an address such as http://127.0.0.1:9000/mcp";
	if (str_eq(u.scheme, S("https")))
		return "is an https address, which this version does not call yet; put the server or a local "
		       "proxy at an http one";
	if (!str_eq(u.scheme, S("http")))
		return "must begin with http://";
	if (u.userinfo.p)
		return "must have no user or password in it";
	if (u.query.p || u.fragment.p)
		return "must have no ? and no #";
	if (url_dots(u.path) || str_find(u.path, S("//")) >= 0)
		return "has an empty part or one of dots in its path";
	return NULL;
}

/* Words that every MCP server has in its address, and that tell nothing. */
static bool telling(str part)
{
	static const str empty[] = { S_INIT("mcp"), S_INIT("sse"), S_INIT("api"), S_INIT("v1"), S_INIT("v2"),
		S_INIT("message"), S_INIT("messages") };

	for (size_t i = 0; i < COUNT(empty); i++)
		if (str_ieq(part, empty[i]))
			return false;
	return part.n > 0;
}

/* [a-z0-9-], without dashes at the ends; empty when nothing is left. */
static str slug(struct arena *mem, str s)
{
	struct buf b = BUF(mem);

	for (size_t i = 0; i < s.n && b.n < 60; i++) {
		char c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf_char(&b, c);
		else if (b.n && b.p[b.n - 1] != '-')
			buf_char(&b, '-');
	}
	while (b.n && b.p[b.n - 1] == '-')
		b.n--;
	return buf_str(&b);
}

static bool numeric(str host)
{
	for (size_t i = 0; i < host.n; i++)
		if (!(host.p[i] >= '0' && host.p[i] <= '9') && host.p[i] != '.')
			return host.p[0] == '[';
	return true;
}

/* The last part of a path that tells something; empty when none does. */
static str subject_of_path(str path)
{
	str found = S(""), part;

	while (str_word(&path, '/', &part))
		if (telling(part))
			found = part;
	return found;
}

/* What an upstream is about, out of its address; empty when that says nothing. */
static str subject(str upstream)
{
	struct url u;
	str found, label, rest;

	if (url_parse(upstream, &u) != OK)
		return S("");
	found = subject_of_path(u.path);
	if (found.n || numeric(u.host) || url_loopback(&u))
		return found;
	str_cut(u.host, '.', &label, &rest);
	return telling(label) ? label : S("");
}

str resource_path_make(struct arena *mem, str upstream, str name, int nth)
{
	str word = slug(mem, name);

	if (!word.n)
		word = slug(mem, subject(upstream));
	if (!word.n)
		word = S("server");
	if (nth > 1)
		return arena_printf(mem, "/%.*s-%d/mcp", FMT(word), nth);
	return arena_printf(mem, "/%.*s/mcp", FMT(word));
}

str resource_name_make(str path)
{
	str word = subject_of_path(path);

	return text_name_ok(word, RESOURCE_NAME_MAX) ? word : S("MCP server");
}

bool resource_upstream_tells(str upstream)
{
	return subject(upstream).n > 0;
}
