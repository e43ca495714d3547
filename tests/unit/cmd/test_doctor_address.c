#include "cmd/doctor_verdict.c"
#include "cmd/doctor_address.c"
#include "doctor_kit.h"

static void addresses(void **state)
{
	static const struct {
		const char *sentence;
		str text;
		bool url;
		const char *want;
	} rows[] = {
		{ "https is fine", S_INIT("https://h.example/mcp"), true, "" },
		{ "loopback may be http", S_INIT("http://localhost:8080/mcp"), true, "" },
		{ "a name of localhost too", S_INIT("http://a.localhost:8080/mcp"), true, "" },
		{ "no path is fine", S_INIT("https://h.example"), true, "" },
		{ "one slash is fine", S_INIT("https://h.example/"), true, "" },
		{ "words are no URL", S_INIT("nonsense"), false,
		    "FAIL address: nonsense is not an http or https URL\n" },
		{ "nothing is no URL", S_INIT(""), false, "FAIL address:  is not an http or https URL\n" },
		{ "another scheme is none", S_INIT("ftp://h.example/mcp"), false,
		    "FAIL address: ftp://h.example/mcp is not an http or https URL\n" },
		{ "a file is none", S_INIT("file:///etc/passwd"), false,
		    "FAIL address: file:///etc/passwd is not an http or https URL\n" },
		{ "no host is none", S_INIT("https:///mcp"), false,
		    "FAIL address: https:///mcp is not an http or https URL\n" },
		{ "a blank is none", S_INIT("https://h.example/a b"), false,
		    "FAIL address: https://h.example/a b is not an http or https URL\n" },
		{ "http elsewhere", S_INIT("http://h.example/mcp"), true,
		    "FAIL address: it is not https: clients refuse it, and tokens would travel in clear\n" },
		{ "a host that only begins like loopback", S_INIT("http://localhost.evil.example/mcp"), true,
		    "FAIL address: it is not https: clients refuse it, and tokens would travel in clear\n" },
		{ "a slash at the end", S_INIT("https://h.example/mcp/"), true,
		    "note address: it ends in a slash, which makes it another address to a client\n" },
		{ "a password", S_INIT("https://u:p@h.example/mcp"), true,
		    "FAIL address: it carries a user name or a password, and clients refuse that\n" },
		{ "a fragment", S_INIT("https://h.example/mcp#a"), true,
		    "FAIL address: it has a fragment, which a resource may not have (RFC 8707 section 2)\n" },
		{ "capitals and the default port", S_INIT("HTTPS://H.Example:443/Mcp?A=b"), true,
		    "note address: clients write it as https://h.example/Mcp?A=b\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct url u;
		same_int(rows[i].sentence, judge_address(&v, rows[i].text, &u), rows[i].url);
		found(rows[i].sentence, &v, rows[i].want);
		same_int(rows[i].sentence, (int64_t)ok_count(&v), v.failed ? 0 : 1);
		arena_unref(mem);
	}
}

static void ways(void **state)
{
	static const struct {
		const char *sentence;
		str url;
		struct probe_answer a;
		bool reached;
		size_t ok;
		const char *want, *remedy;
	} rows[] = {
		{ "https all the way", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_DONE, .address = S_INIT("192.0.2.1:443"), .tls = S_INIT("TLSv1.3") },
		    true, 3, "", "" },
		{ "http has no TLS", S_INIT("http://localhost/mcp"),
		    { .stage = PROBE_DONE, .address = S_INIT("127.0.0.1:80") }, true, 2, "", "" },
		{ "an address needs no name", S_INIT("http://127.0.0.1/mcp"),
		    { .stage = PROBE_DONE, .address = S_INIT("127.0.0.1:80") }, true, 1, "", "" },
		{ "nor does one in brackets", S_INIT("http://[::1]/mcp"),
		    { .stage = PROBE_DONE, .address = S_INIT("[::1]:80") }, true, 1, "", "" },
		{ "no such name", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_DNS, .why = S_INIT("Name or service not known") }, false, 0,
		    "FAIL DNS: h.example has no address: Name or service not known\n",
		    "Correct the spelling, or make the DNS record." },
		{ "nobody there", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_CONNECT,
			.address = S_INIT("192.0.2.1:443"),
			.why = S_INIT("Connection refused") },
		    false, 1, "FAIL TCP: cannot connect to 192.0.2.1:443: Connection refused\n",
		    "Start what should listen there, and look at its port and at the firewall between." },
		{ "an old certificate", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_TLS, .why = S_INIT("certificate has expired") }, false, 2,
		    "FAIL TLS: certificate has expired\n",
		    "Renew the certificate of what terminates TLS here, and see that it is renewed by "
		    "itself." },
		{ "a certificate from tomorrow", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_TLS, .why = S_INIT("certificate is not yet valid") }, false, 2,
		    "FAIL TLS: certificate is not yet valid\n",
		    "Set the clocks of both machines, or wait until the certificate begins." },
		{ "another's certificate", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_TLS, .why = S_INIT("hostname mismatch") }, false, 2,
		    "FAIL TLS: hostname mismatch\n",
		    "Get a certificate that names this host, or use the host that it names." },
		{ "one's own certificate", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_TLS, .why = S_INIT("self-signed certificate") }, false, 2,
		    "FAIL TLS: self-signed certificate\n",
		    "Use a certificate of a public authority: clients trust no other." },
		{ "half a chain", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_TLS, .why = S_INIT("unable to get local issuer certificate") }, false, 2,
		    "FAIL TLS: unable to get local issuer certificate\n",
		    "Send the whole chain: the certificate file must hold the intermediate certificates "
		    "too." },
		{ "no TLS there", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_TLS,
			.why = S_INIT("error:0A00010B:SSL routines::wrong version number") },
		    false, 2, "FAIL TLS: error:0A00010B:SSL routines::wrong version number\n",
		    "Speak TLS on this port, or give people the http address of this machine." },
		{ "something else about TLS", S_INIT("https://h.example/mcp"),
		    { .stage = PROBE_TLS, .why = S_INIT("the connection was closed") }, false, 2,
		    "FAIL TLS: the connection was closed\n",
		    "Correct the certificate and the TLS settings of what terminates TLS here." },
		{ "no HTTP", S_INIT("http://localhost/mcp"),
		    { .stage = PROBE_HTTP, .why = S_INIT("the answer is not HTTP/1.1") }, false, 2,
		    "FAIL HTTP: the answer is not HTTP/1.1\n",
		    "Look at what listens on this port: it may be TLS that wants https." },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct url u = address(rows[i].url);
		same_int(rows[i].sentence, judge_connection(&v, &u, &rows[i].a), rows[i].reached);
		found(rows[i].sentence, &v, rows[i].want);
		same_int(rows[i].sentence, (int64_t)ok_count(&v), (int64_t)rows[i].ok);
		same(rows[i].sentence, v.last->remedy, str_of(rows[i].remedy));
		arena_unref(mem);
	}
}

static void reach(void **state)
{
#define ONLY_HERE                                                                                         \
	"note reach: only programs on this machine can reach it: Claude on the web or phone and ChatGPT " \
	"cannot\n"
#define INSIDE(at)                                                                          \
	"note reach: " at                                                                   \
	" is inside a private network: Claude on the web or phone and ChatGPT cannot reach" \
	" it\n"
	static const struct {
		const char *sentence;
		str url, at;
		const char *want;
	} rows[] = {
		{ "localhost", S_INIT("http://localhost/mcp"), S_INIT("127.0.0.1:80"), ONLY_HERE },
		{ "LOCALHOST", S_INIT("http://LOCALHOST/mcp"), S_INIT("127.0.0.1:80"), ONLY_HERE },
		{ "::1", S_INIT("http://[::1]/mcp"), S_INIT("[::1]:80"), ONLY_HERE },
		{ "an address of the internet", S_INIT("https://h/mcp"), S_INIT("192.0.2.1:443"), "" },
		{ "IPv6 of the internet", S_INIT("https://h/mcp"), S_INIT("[2001:db8::1]:443"), "" },
		{ "ten", S_INIT("https://h/mcp"), S_INIT("10.1.2.3:443"), INSIDE("10.1.2.3:443") },
		{ "172.16", S_INIT("https://h/mcp"), S_INIT("172.31.2.3:443"), INSIDE("172.31.2.3:443") },
		{ "172.32 is not", S_INIT("https://h/mcp"), S_INIT("172.32.2.3:443"), "" },
		{ "192.168", S_INIT("https://h/mcp"), S_INIT("192.168.2.3:443"), INSIDE("192.168.2.3:443") },
		{ "a carrier's network", S_INIT("https://h/mcp"), S_INIT("100.64.2.3:443"),
		    INSIDE("100.64.2.3:443") },
		{ "link local", S_INIT("https://h/mcp"), S_INIT("169.254.2.3:443"),
		    INSIDE("169.254.2.3:443") },
		{ "a name for loopback", S_INIT("https://h/mcp"), S_INIT("127.0.0.1:443"),
		    INSIDE("127.0.0.1:443") },
		{ "a unique local address", S_INIT("https://h/mcp"), S_INIT("[fd00::1]:443"),
		    INSIDE("[fd00::1]:443") },
		{ "IPv6 link local", S_INIT("https://h/mcp"), S_INIT("[fe80::1]:443"),
		    INSIDE("[fe80::1]:443") },
		{ "a mapped one", S_INIT("https://h/mcp"), S_INIT("[::ffff:10.0.0.1]:443"),
		    INSIDE("[::ffff:10.0.0.1]:443") },
		{ "no address at all", S_INIT("https://h/mcp"), S_INIT(""), "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct url u = address(rows[i].url);
		judge_reach(&v, &u, rows[i].at);
		found(rows[i].sentence, &v, rows[i].want);
		arena_unref(mem);
	}
}

static void clocks(void **state)
{
	static const struct {
		const char *sentence;
		str raw;
		const char *want;
	} rows[] = {
		{ "the same", S_INIT("HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 09:30:00 GMT\r\n\r\n"), "" },
		{ "a minute is nothing",
		    S_INIT("HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 09:31:00 GMT\r\n\r\n"), "" },
		{ "ahead", S_INIT("HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 09:31:01 GMT\r\n\r\n"),
		    "note clock: the clocks of the server and of this machine differ by 61 s\n" },
		{ "behind", S_INIT("HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 08:30:00 GMT\r\n\r\n"),
		    "note clock: the clocks of the server and of this machine differ by 3600 s\n" },
		{ "no Date", S_INIT("HTTP/1.1 200 OK\r\n\r\n"), "" },
		{ "a broken Date", S_INIT("HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n"), "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *mem = arena_new(MEMORY);
		struct verdict v = { .mem = mem };
		struct probe_answer a = answer(mem, rows[i].raw);
		int64_t now;
		same_err("the test's time", time_rfc3339_parse(S("2026-11-20T09:30:00Z"), &now), OK);
		judge_clock(&v, &a.res, now);
		found(rows[i].sentence, &v, rows[i].want);
		arena_unref(mem);
	}
}

static void silence_and_redirects(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct verdict v = { .mem = mem };
	struct probe_answer a = { .stage = PROBE_CONNECT, .why = S("Connection refused") };

	judge_silence(&v, "keys", S("https://as.example/jwks"), &a);
	found("a document that nobody serves", &v,
	    "FAIL keys: https://as.example/jwks: cannot connect (Connection refused)\n");
	v = (struct verdict){ .mem = mem };
	a = answer(mem, S("HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\n\r\n"));
	holds("a redirect", judge_redirect(&v, "metadata", S("https://h/x"), &a.res));
	found("a redirect", &v,
	    "FAIL metadata: https://h/x answers 302 and sends to https://login.example/: clients do not "
	    "follow\n");
	a = answer(mem, S("HTTP/1.1 404 Not Found\r\n\r\n"));
	holds("no redirect", !judge_redirect(&v, "metadata", S("https://h/x"), &a.res));
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(ways),
		cmocka_unit_test(reach),
		cmocka_unit_test(clocks),
		cmocka_unit_test(silence_and_redirects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
