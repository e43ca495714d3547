#include "model/redirect.h"
#include "base/url.h"

/*
 * Schemes that a browser or a desktop acts upon by itself: whoever may register one of these turns the answer
 * of an authorization into script, a local file, or a command (RFC 9700 section 4.1; MCP security best
 * practices).
 */
static const str refused[] = {
	S_INIT("javascript"),
	S_INIT("data"),
	S_INIT("vbscript"),
	S_INIT("file"),
	S_INIT("filesystem"),
	S_INIT("blob"),
	S_INIT("about"),
	S_INIT("view-source"),
	S_INIT("jar"),
	S_INIT("mhtml"),
	S_INIT("res"),
	S_INIT("intent"),
	S_INIT("urn"),
	S_INIT("ftp"),
	S_INIT("ftps"),
	S_INIT("sftp"),
	S_INIT("ws"),
	S_INIT("wss"),
	S_INIT("mailto"),
	S_INIT("tel"),
	S_INIT("sms"),
	S_INIT("gopher"),
	S_INIT("ldap"),
	S_INIT("ldaps"),
	S_INIT("smb"),
	S_INIT("nfs"),
	S_INIT("ssh"),
	S_INIT("telnet"),
	S_INIT("rdp"),
	S_INIT("shell"),
	S_INIT("search"),
	S_INIT("search-ms"),
};

static bool scheme_refused(str scheme)
{
	/* ms-msdt, ms-officecmd and their kin start programs of the system */
	if (str_ieq(str_sub(scheme, 0, 3), S("ms-")))
		return true;
	for (size_t i = 0; i < COUNT(refused); i++)
		if (str_ieq(scheme, refused[i]))
			return true;
	return false;
}

/* A registered name or an address: the rest of RFC 3986's reg-name is there for tricks only. */
static bool host_plain(str host)
{
	if (host.n == 0 || host.p[0] == '[')
		return host.n > 0;
	for (size_t i = 0; i < host.n; i++) {
		char ch = host.p[i];
		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
			ch == '.' || ch == '-' || ch == '_'))
			return false;
	}
	return host.p[0] != '.' && host.p[0] != '-';
}

/* RFC 8252 section 7.1: one's own domain turned round, so that two makers do not meet by accident. */
static bool scheme_reversed(str scheme)
{
	return str_has(scheme, '.') && scheme.p[0] != '.' && scheme.p[scheme.n - 1] != '.';
}

static enum redirect_kind kind_of(const struct url *u)
{
	if (str_eq(u->scheme, S("https")))
		return u->authority && host_plain(u->host) ? REDIRECT_HTTPS : REDIRECT_BAD;
	if (str_eq(u->scheme, S("http")))
		return u->authority && url_loopback(u) ? REDIRECT_LOOPBACK : REDIRECT_BAD;
	if (str_ieq(u->scheme, S("https")) || str_ieq(u->scheme, S("http")) || scheme_refused(u->scheme))
		return REDIRECT_BAD;
	if (u->authority && u->host.n)
		return host_plain(u->host) ? REDIRECT_APP : REDIRECT_BAD;
	return scheme_reversed(u->scheme) && str_starts(u->path, S("/")) ? REDIRECT_APP : REDIRECT_BAD;
}

enum redirect_kind redirect_kind(str uri)
{
	struct url u;

	/* url_parse has refused control characters, blanks, backslashes and everything beyond ASCII */
	if (uri.n > REDIRECT_MAX || url_parse(uri, &u) != OK)
		return REDIRECT_BAD;
	/* a wildcard would only fit itself, which nobody means by it (RFC 9700 section 4.1.3) */
	if (u.userinfo.p || u.fragment.p || url_dots(u.path) || str_has(u.path, '*') || str_has(u.host, '*'))
		return REDIRECT_BAD;
	return kind_of(&u);
}

/* Absent and empty are different queries. */
static bool part_same(str a, str b)
{
	return !a.p == !b.p && str_eq(a, b);
}

static bool loopback(str uri, struct url *u)
{
	return url_parse(uri, u) == OK && u->authority && str_eq(u->scheme, S("http")) && url_loopback(u) &&
	    !u->userinfo.p && !u->fragment.p;
}

bool redirect_same(str registered, str sent)
{
	struct url a, b;

	if (str_eq(registered, sent))
		return true;
	/* RFC 8252 section 7.3: a native application takes the port that is free; all else is as it was */
	return loopback(registered, &a) && loopback(sent, &b) && str_eq(a.host, b.host) &&
	    str_eq(a.path, b.path) && part_same(a.query, b.query);
}

bool redirect_among(str registered, str sent)
{
	str uri;

	while (str_word(&registered, ' ', &uri))
		if (redirect_same(uri, sent))
			return true;
	return false;
}

str redirect_host(struct arena *mem, str uri)
{
	struct url u;

	if (url_parse(uri, &u) != OK)
		return (str){ NULL, 0 };
	switch (kind_of(&u)) {
	case REDIRECT_LOOPBACK:
		return u.host;
	case REDIRECT_HTTPS:
		return u.port < 0 ? u.host : arena_printf(mem, "%.*s:%d", FMT(u.host), u.port);
	case REDIRECT_APP:
		return u.host.n ? url_origin(mem, &u) : arena_printf(mem, "%.*s:", FMT(u.scheme));
	case REDIRECT_BAD:
		break;
	}
	return u.host;
}

bool redirect_native(str uris)
{
	str uri;
	bool any = false;

	while (str_word(&uris, ' ', &uri)) {
		enum redirect_kind kind = redirect_kind(uri);
		if (kind != REDIRECT_LOOPBACK && kind != REDIRECT_APP)
			return false;
		any = true;
	}
	return any;
}
