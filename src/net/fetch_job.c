/* What a job does: the URL's rules, the name, the addresses, and libcurl. Runs in a process of its own (fetcher.c). */
#include "net/address_class.h"
#include "net/fetch_curl.h"
#include "net/fetch_wire.h"
#include "base/url.h"

#include <netdb.h>
#include <resolv.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

int (*fetch_lookup)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = getaddrinfo;

/* Letters, digits, hyphens and dots, as certificates and resolvers know them; an underscore does happen. */
static bool is_name(str host)
{
	if (host.n == 0 || host.n > 253 || host.p[0] == '.' || host.p[host.n - 1] == '.' ||
	    str_find(host, S("..")) >= 0)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
		    c != '.' && c != '_')
			return false;
	}
	return !address_disguised(host);
}

static bool is_literal(str host, struct addr *out)
{
	return host.n && addr_parse(host, out) == OK && (host.p[0] == '[') == (str_index(host, ':') >= 0);
}

/* RFC 6761 section 6.3: these are loopback whatever a resolver says. */
static bool is_localhost(str host)
{
	str tail = str_sub(host, host.n > 10 ? host.n - 10 : host.n, host.n);

	return str_ieq(host, S("localhost")) || str_ieq(tail, S(".localhost"));
}

static bool reaches_loopback(const struct fetch_ask *ask)
{
	for (uint32_t i = 0; i < ask->allow_n; i++)
		if (addr_loopback(&ask->allow[i].base))
			return true;
	return false;
}

enum fetch_result fetch_look(const struct fetch_ask *ask, str *host, int *port, const char **why)
{
	struct url u;
	struct addr ip;

	*why = "not a URL";
	if (url_parse(str_of(ask->url), &u) != OK || !u.authority)
		return FETCH_URL;
	*why = "only https is fetched";
	if (!str_eq(u.scheme, S("https")))
		return FETCH_URL;
	*why = "a user, a fragment or dot segments in the URL";
	if (u.userinfo.p || u.fragment.p || url_dots(u.path))
		return FETCH_URL;
	*why = "its host is neither a name nor an address as one writes it";
	if (!is_literal(u.host, &ip) && !is_name(u.host))
		return FETCH_URL;
	*why = "localhost is not public";
	if (is_localhost(u.host) && !reaches_loopback(ask))
		return FETCH_ADDRESS;
	*host = u.host;
	*port = url_port(&u);
	return FETCH_OK;
}

/* --- addresses */

static enum fetch_result judge(const struct fetch_ask *ask, const struct addr *a, const char **why)
{
	const char *special = address_special(a);

	if (!special)
		return FETCH_OK;
	for (uint32_t i = 0; i < ask->allow_n; i++)
		if (cidr_has(&ask->allow[i], a))
			return FETCH_OK;
	*why = special;
	return FETCH_ADDRESS;
}

/* A name with one address inside is a name for inside, whatever its others are: all are judged before one is used. */
static enum fetch_result judge_list(
    const struct fetch_ask *ask, const struct addrinfo *list, struct fetch_targets *out, const char **why)
{
	for (; list; list = list->ai_next) {
		if (list->ai_family != AF_INET && list->ai_family != AF_INET6)
			continue;
		struct addr a = addr_of(list->ai_addr);
		enum fetch_result r = judge(ask, &a, why);
		if (r != FETCH_OK)
			return r;
		if (out->count < COUNT(out->list))
			out->list[out->count++] = a;
	}
	*why = "the name has no address";
	return out->count ? FETCH_OK : FETCH_NAME;
}

/*
 * Names are asked for as they stand: with the system's search list, one that a stranger made up would be looked for inside,
 * too. And so that a second name server is asked where the first one is dead: the system's five seconds for each are all that
 * a document has.
 */
static void set_resolver(void)
{
	if (res_init() != 0)
		return; /* then getaddrinfo will not do better, and says so */
	_res.options &= ~(u_long)(RES_DNSRCH | RES_DEFNAMES);
	_res.retrans = 1;
	_res.retry = 2;
}

static enum fetch_result resolve(
    const struct fetch_ask *ask, struct fetch_targets *out, void (*late)(int), const char **why)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	char name[254];

	if (is_literal(out->host, &out->list[0])) {
		out->count = 1;
		out->literal = true;
		return judge(ask, &out->list[0], why);
	}
	memcpy(name, out->host.p, out->host.n);
	name[out->host.n] = '\0';
	set_resolver();
	signal(SIGALRM, late);
	int e = fetch_lookup(name, NULL, &want, &list);
	signal(SIGALRM, SIG_DFL);
	if (e != 0) {
		*why = gai_strerror(e);
		return FETCH_NAME;
	}
	enum fetch_result r = judge_list(ask, list, out, why);
	freeaddrinfo(list);
	return r;
}

void fetch_perform(const struct fetch_ask *ask, struct fetch_told *told, char *body, void (*late)(int))
{
	struct fetch_targets targets = { .count = 0 };
	const char *why = "";

	enum fetch_result r = fetch_look(ask, &targets.host, &targets.port, &why);
	if (r == FETCH_OK)
		r = resolve(ask, &targets, late, &why);
	if (r != FETCH_OK) {
		fetch_say(told, r, why);
		return;
	}
	fetch_curl(ask, &targets, told, body);
}
