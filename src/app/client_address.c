#include "app/client_address.h"
#include "app/house.h"
#include "base/log.h"

static bool trusted(const struct house_site *s, const struct addr *a)
{
	/* A unix socket is open to whom its file's mode says: a proxy that the operator set up. */
	if (a->family == ADDR_LOCAL)
		return true;
	for (size_t i = 0; i < s->trusted_count; i++)
		if (cidr_has(&s->trusted[i], a))
			return true;
	return false;
}

/* One word of X-Forwarded-For; some proxies write a port behind it. */
static bool read_hop(str word, struct addr *out)
{
	str host, port;

	word = str_trim(word);
	if (addr_parse(word, out) == OK)
		return true;
	if (str_starts(word, S("["))) {
		ptrdiff_t end = str_index(word, ']');
		return end > 0 && addr_parse(str_sub(word, 0, (size_t)end + 1), out) == OK;
	}
	return str_cut(word, ':', &host, &port) && !str_has(port, ':') && addr_parse(host, out) == OK;
}

/* The last word, and what stands before it. */
static str last_word(str *list)
{
	size_t at = list->n;

	while (at > 0 && list->p[at - 1] != ',')
		at--;
	str word = str_sub(*list, at, list->n);
	*list = str_sub(*list, 0, at ? at - 1 : 0);
	return word;
}

/* Walks back over the proxies we know: what stands before the first stranger is that stranger's word for it. */
static struct addr walk_back(const struct house_site *s, const struct http_req *r, struct addr peer)
{
	struct addr hop;

	for (size_t i = r->header_count; i-- > 0;) {
		str list = r->headers[i].value;
		if (!str_ieq(r->headers[i].name, S("X-Forwarded-For")))
			continue;
		while (list.n) {
			if (!read_hop(last_word(&list), &hop))
				return peer;
			peer = hop;
			if (!trusted(s, &hop))
				return peer;
		}
	}
	return peer;
}

/* Told once for each change, not for each request. */
static void compare_forwarded(struct ctx *c, struct house *h)
{
	const struct house_site *s = house_site(c->site);
	str host = http_header(c->req, S("X-Forwarded-Host")),
	    proto = http_header(c->req, S("X-Forwarded-Proto"));
	str name, port;

	if (!host.p && !proto.p)
		return;
	if (!str_cut(host, ':', &name, &port))
		name = host;
	bool differs = (name.n && !str_starts(name, S("[")) && !str_ieq(name, s->issuer_host)) ||
	    (proto.n && !str_ieq(proto, c->site->secure ? S("https") : S("http")));
	if (atomic_exchange(&h->forwarded_differs, differs) == differs || !differs)
		return;
	log_warn("a trusted proxy disagrees with base_url", LOG_STR("forwarded_host", host),
	    LOG_STR("forwarded_proto", proto), LOG_STR("base_url", c->site->config->base_url),
	    LOG_STRZ("mend", "set base_url to the address that people use, or correct the proxy"));
}

void client_address(struct ctx *c, struct request *rq)
{
	const struct house_site *s = house_site(c->site);
	char text[ADDR_TEXT];

	rq->http.peer_key = addr_key(&rq->peer);
	if ((s->trusted_count == 0 && rq->peer.family != ADDR_LOCAL) || !trusted(s, &rq->peer))
		return;
	struct addr client = walk_back(s, &rq->http, rq->peer);
	rq->http.peer = arena_copy(c->mem, addr_text(&client, text));
	rq->http.peer_key = addr_key(&client);
	compare_forwarded(c, exchange_of(c)->floor->house);
}

uint64_t client_address_key(const struct ctx *c)
{
	return c->req->peer_key;
}

bool client_is_local(const struct ctx *c)
{
	struct addr a;

	/* A proxy on this machine that we were not told to trust still says that it speaks for others. */
	if (http_header(c->req, S("X-Forwarded-For")).p || http_header(c->req, S("Forwarded")).p ||
	    http_header(c->req, S("Via")).p)
		return false;
	return addr_parse(c->req->peer, &a) == OK && addr_loopback(&a);
}

static str host_of(str authority)
{
	ptrdiff_t end = str_starts(authority, S("[")) ? str_index(authority, ']') : str_index(authority, ':');

	if (end < 0)
		return authority;
	return str_sub(authority, 0, (size_t)end + (authority.p[0] == '[' ? 1 : 0));
}

static bool ours(const struct house_site *s, str host)
{
	if (str_ieq(host, s->issuer_host))
		return true;
	if (s->loopback &&
	    (str_ieq(host, S("localhost")) || str_eq(host, S("127.0.0.1")) || str_eq(host, S("[::1]"))))
		return true;
	for (size_t i = 0; i < s->host_count; i++)
		if (str_ieq(host, s->hosts[i]))
			return true;
	return false;
}

bool client_host_ok(const struct ctx *c)
{
	const struct house_site *s = house_site(c->site);

	return ours(s, host_of(c->req->host)) &&
	    (c->req->authority.n == 0 || ours(s, host_of(c->req->authority)));
}
