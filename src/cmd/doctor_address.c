/* The address as it was typed, and the way to it: name, connection, TLS, clock. */
#include "cmd/doctor_judge.h"

#include "base/time.h"

#include <arpa/inet.h> /* inet_pton, which only reads text */
#include <string.h>

#define CLOCK_SKEW 60

static str lower(struct arena *mem, str s)
{
	char *p = arena_alloc(mem, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i]);
	return (str){ p, s.n };
}

str address_plain(struct arena *mem, const struct url *u)
{
	struct url plain = *u;
	str query = S("");

	plain.scheme = lower(mem, u->scheme);
	plain.host = lower(mem, u->host);
	plain.port = -1;
	if (u->port != url_port(&plain))
		plain.port = u->port;
	if (u->query.p)
		query = arena_printf(mem, "?%.*s", FMT(u->query));
	return arena_printf(mem, "%.*s%.*s%.*s", FMT(url_origin(mem, &plain)), FMT(u->path), FMT(query));
}

bool address_loopback(const struct url *u)
{
	static const str suffix = S_INIT(".localhost");
	size_t from = u->host.n > suffix.n ? u->host.n - suffix.n : 0;

	return url_loopback(u) || str_ieq(u->host, S("localhost")) ||
	    str_ieq(str_sub(u->host, from, u->host.n), suffix);
}

static bool web(const struct url *u)
{
	return str_ieq(u->scheme, S("http")) || str_ieq(u->scheme, S("https"));
}

bool address_web(str text)
{
	struct url u;

	return url_parse(text, &u) == OK && web(&u) && u.host.n;
}

bool judge_address(struct verdict *v, str text, struct url *out)
{
	static const char *const what = "address";
	size_t before = v->failed;

	if (!address_web(text) || url_parse(text, out) != OK) {
		verdict_fail(v, what, "Give it as people type it: https://host/path.",
		    "%.*s is not an http or https URL", FMT(str_sub(text, 0, 200)));
		return false;
	}
	str plain = address_plain(v->mem, out);
	if (out->userinfo.p)
		verdict_fail(v, what,
		    "Take the user name and the password out of it: clients sign in by OAuth.",
		    "it carries a user name or a password, and clients refuse that");
	if (out->fragment.p)
		verdict_fail(v, what, "Take the # and what follows it off.",
		    "it has a fragment, which a resource may not have (RFC 8707 section 2)");
	if (str_ieq(out->scheme, S("http")) && !address_loopback(out))
		verdict_fail(v, what, "Serve it by https, and set base_url to the https address.",
		    "it is not https: clients refuse it, and tokens would travel in clear");
	if (out->path.n > 1 && str_ends(out->path, S("/")))
		verdict_note(v, what, "Type it without, unless the metadata has it too.",
		    "it ends in a slash, which makes it another address to a client");
	if (!out->userinfo.p && !out->fragment.p && !str_eq(plain, text))
		verdict_note(v, what, "Type it as clients write it.", "clients write it as %.*s", FMT(plain));
	if (v->failed == before)
		verdict_ok(v, what, "%.*s", FMT(plain));
	return true;
}

/* ---- the way ------------------------------------------------------------------------------------------------------ */

/*
 * What OpenSSL says of a certificate, by words of it, and who can mend that how. The first that fits
 * counts.
 */
static const struct {
	const char *words, *remedy;
} tls_rows[] = {
	{ "expired",
	    "Renew the certificate of what terminates TLS here, and see that it is renewed by itself." },
	{ "not yet valid", "Set the clocks of both machines, or wait until the certificate begins." },
	{ "ostname mismatch", "Get a certificate that names this host, or use the host that it names." },
	{ "IP address mismatch", "Use the host name that the certificate is for, not the IP address." },
	{ "self-signed", "Use a certificate of a public authority: clients trust no other." },
	{ "self signed", "Use a certificate of a public authority: clients trust no other." },
	{ "local issuer",
	    "Send the whole chain: the certificate file must hold the intermediate certificates too." },
	{ "first certificate",
	    "Send the whole chain: the certificate file must hold the intermediate certificates too." },
	{ "revoked", "Get a new certificate: this one was revoked." },
	{ "too weak", "Get a certificate with a longer key." },
	{ "wrong version", "Speak TLS on this port, or give people the http address of this machine." },
	{ "packet length", "Speak TLS on this port, or give people the http address of this machine." },
	{ "protocol version", "Allow TLS 1.2 and 1.3 on what terminates TLS here." },
	{ "", "Correct the certificate and the TLS settings of what terminates TLS here." },
};

static const char *tls_remedy(str why)
{
	for (size_t i = 0; i < COUNT(tls_rows); i++)
		if (str_find(why, str_of(tls_rows[i].words)) >= 0)
			return tls_rows[i].remedy;
	return "";
}

static bool literal(const struct url *u)
{
	char text[16] = { 0 };
	struct in_addr unused;

	if (str_starts(u->host, S("[")))
		return true;
	if (u->host.n >= sizeof text)
		return false;
	memcpy(text, u->host.p, u->host.n);
	return inet_pton(AF_INET, text, &unused) == 1;
}

bool judge_connection(struct verdict *v, const struct url *u, const struct probe_answer *a)
{
	bool https = str_ieq(u->scheme, S("https"));

	if (a->stage == PROBE_URL || a->stage == PROBE_DNS) {
		verdict_fail(v, "DNS", "Correct the spelling, or make the DNS record.",
		    "%.*s has no address: %.*s", FMT(u->host), FMT(a->why));
		return false;
	}
	if (!literal(u))
		verdict_ok(v, "DNS", "%.*s has an address", FMT(u->host));
	if (a->stage == PROBE_CONNECT) {
		verdict_fail(v, "TCP",
		    "Start what should listen there, and look at its port and at the firewall between.",
		    "cannot connect to %.*s: %.*s", FMT(a->address), FMT(a->why));
		return false;
	}
	verdict_ok(v, "TCP", "%.*s", FMT(a->address));
	if (a->stage == PROBE_TLS) {
		verdict_fail(v, "TLS", tls_remedy(a->why), "%.*s", FMT(a->why));
		return false;
	}
	if (https)
		verdict_ok(v, "TLS", "%.*s, with a certificate for this name", FMT(a->tls));
	if (a->stage == PROBE_HTTP) {
		verdict_fail(v, "HTTP",
		    https ? "Look at what listens on this port, and at its log."
			  : "Look at what listens on this port: it may be TLS that wants https.",
		    "%.*s", FMT(a->why));
		return false;
	}
	return true;
}

void judge_silence(struct verdict *v, const char *what, str url, const struct probe_answer *a)
{
	static const char *const steps[] = { [PROBE_URL] = "it is no address",
		[PROBE_DNS] = "its name has no address",
		[PROBE_CONNECT] = "cannot connect",
		[PROBE_TLS] = "TLS",
		[PROBE_HTTP] = "HTTP" };
	const char *step = (size_t)a->stage < COUNT(steps) ? steps[a->stage] : "";

	verdict_fail(v, what,
	    a->stage == PROBE_TLS ? tls_remedy(a->why)
				  : "Start what should answer there, or correct the address.",
	    "%.*s: %s (%.*s)", FMT(url), step, FMT(a->why));
}

bool judge_redirect(struct verdict *v, const char *what, str url, const struct http_res *r)
{
	if (r->status < 300 || r->status >= 400)
		return false;
	verdict_fail(v, what,
	    "Answer at this address instead of redirecting it, or give people the address that it redirects "
	    "to.",
	    "%.*s answers %d and sends to %.*s: clients do not follow", FMT(url), r->status,
	    FMT(http_res_header(r, S("Location"))));
	return true;
}

/* ---- who can reach it --------------------------------------------------------------------------------------------- */

/* Networks that nobody on the internet sees (RFC 1918, RFC 6598, RFC 3927, RFC 1122; RFC 4193, RFC 4291). */
static bool private4(const unsigned char *a)
{
	return a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168) ||
	    (a[0] == 100 && (a[1] & 0xc0) == 64) || (a[0] == 169 && a[1] == 254) || a[0] == 127 || a[0] == 0;
}

static bool private6(const unsigned char *a)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff }, self[16] = { [15] = 1 };

	if (memcmp(a, mapped, sizeof mapped) == 0)
		return private4(a + 12);
	return (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
	    memcmp(a, self, sizeof self) == 0;
}

/* at: "192.0.2.1:443" or "[2001:db8::1]:443" */
static bool private_address(str at)
{
	char text[INET6_ADDRSTRLEN] = { 0 };
	unsigned char bytes[16];
	bool six = str_starts(at, S("["));
	ptrdiff_t end = str_index(at, six ? ']' : ':');
	str host = str_sub(at, six ? 1 : 0, end < 0 ? at.n : (size_t)end);

	if (!host.n || host.n >= sizeof text)
		return false;
	memcpy(text, host.p, host.n);
	if (inet_pton(six ? AF_INET6 : AF_INET, text, bytes) != 1)
		return false;
	return six ? private6(bytes) : private4(bytes);
}

void judge_reach(struct verdict *v, const struct url *u, str at)
{
	if (address_loopback(u))
		verdict_note(v, "reach",
		    "For those, serve it at a public https address and set base_url to it.",
		    "only programs on this machine can reach it: Claude on the web or phone and ChatGPT "
		    "cannot");
	else if (private_address(at))
		verdict_note(v, "reach",
		    "For those, serve it at a public https address and set base_url to it.",
		    "%.*s is inside a private network: Claude on the web or phone and ChatGPT cannot reach "
		    "it",
		    FMT(at));
}

void judge_clock(struct verdict *v, const struct http_res *r, int64_t now)
{
	int64_t there;

	if (time_http_date_parse(http_res_header(r, S("Date")), &there) != OK)
		return;
	int64_t off = there > now ? there - now : now - there;
	if (off > CLOCK_SKEW)
		verdict_note(v, "clock", "Set both by NTP: tokens would look too old or too new.",
		    "the clocks of the server and of this machine differ by %lld s", (long long)off);
}
