#include "app/client_address.h"
#include "rig.h"

#define GET "GET /token HTTP/1.1\r\n"

static void trust(struct rig *r, const char *net)
{
	struct cidr *n = NEW(r->mem, struct cidr);

	assert_int_equal(cidr_parse(str_of(net), n), OK);
	r->site.trusted = n;
	r->site.trusted_count = 1;
}

static const struct {
	const char *sentence, *net, *head, *want;
} rows[] = {
	{ "nobody is trusted", NULL, GET "Host: gate.example\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n",
	    "203.0.113.9" },
	{ "the peer is no proxy of ours", "10.0.0.0/8",
	    GET "Host: gate.example\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n", "203.0.113.9" },
	{ "the proxy says who", "203.0.113.0/24",
	    GET "Host: gate.example\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n", "198.51.100.7" },
	{ "only the proxy's own word counts", "203.0.113.0/24",
	    GET "Host: gate.example\r\nX-Forwarded-For: 127.0.0.1, 198.51.100.7\r\n\r\n", "198.51.100.7" },
	{ "a chain of our proxies", "203.0.113.0/24",
	    GET "Host: gate.example\r\nX-Forwarded-For: 6.6.6.6, 198.51.100.7, 203.0.113.77\r\n\r\n",
	    "198.51.100.7" },
	{ "two header lines are one list", "203.0.113.0/24",
	    GET "Host: gate.example\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n",
	    "198.51.100.7" },
	{ "with a port", "203.0.113.0/24",
	    GET "Host: gate.example\r\nX-Forwarded-For: 198.51.100.7:4444\r\n\r\n", "198.51.100.7" },
	{ "IPv6 with a port", "203.0.113.0/24",
	    GET "Host: gate.example\r\nX-Forwarded-For: [2001:db8::7]:44\r\n\r\n", "2001:db8::7" },
	{ "nonsense ends the walk", "203.0.113.0/24",
	    GET "Host: gate.example\r\nX-Forwarded-For: unknown\r\n\r\n", "203.0.113.9" },
	{ "no header", "203.0.113.0/24", GET "Host: gate.example\r\n\r\n", "203.0.113.9" },
	{ "Forwarded is not read", "203.0.113.0/24",
	    GET "Host: gate.example\r\nForwarded: for=198.51.100.7\r\n\r\n", "203.0.113.9" },
};

static void believes_trusted_proxies_only(void **state)
{
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rig r;
		rig_open(&r, rows[i].head);
		if (rows[i].net)
			trust(&r, rows[i].net);
		client_address(r.c, &r.rq);
		same(rows[i].sentence, r.rq.http.peer, str_of(rows[i].want));
		rig_close(&r);
	}
}

static void reports_a_proxy_that_disagrees(void **state)
{
	struct rig r;
	(void)state;

	rig_open(&r,
	    GET
	    "Host: gate.example\r\nX-Forwarded-Host: gate.example:443\r\nX-Forwarded-Proto: https\r\n\r\n");
	trust(&r, "203.0.113.9");
	client_address(r.c, &r.rq);
	assert_false(atomic_load(&r.house.forwarded_differs));
	rig_close(&r);
	rig_open(&r, GET "Host: gate.example\r\nX-Forwarded-Proto: http\r\n\r\n");
	trust(&r, "203.0.113.9");
	client_address(r.c, &r.rq);
	assert_true(atomic_load(&r.house.forwarded_differs));
	rig_close(&r);
}

static const struct {
	const char *host;
	bool loopback, want; /* loopback: base_url is http://localhost:8080 */
} hosts[] = {
	{ "gate.example", false, true },
	{ "GATE.example:443", false, true },
	{ "evil.example", false, false },
	{ "gate.example.evil.example", false, false },
	{ "localhost", false, false },
	{ "127.0.0.1:8080", false, false },
	{ "localhost:8080", true, true },
	{ "127.0.0.1:9999", true, true },
	{ "[::1]:8080", true, true },
	{ "evil.example:8080", true, false },
	{ "127.0.0.2", true, false },
};

static void answers_for_its_own_host(void **state)
{
	(void)state;

	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct rig r;
		char head[128];
		snprintf(head, sizeof head, GET "Host: %s\r\n\r\n", hosts[i].host);
		rig_open(&r, head);
		if (hosts[i].loopback) {
			r.site.issuer_host = S("localhost");
			r.site.loopback = true;
		}
		holds(hosts[i].host, client_host_ok(r.c) == hosts[i].want);
		rig_close(&r);
	}
}

static void knows_who_is_on_this_machine(void **state)
{
	struct rig r;
	(void)state;

	rig_open(&r, GET "Host: x\r\n\r\n");
	assert_false(client_is_local(r.c));
	r.rq.http.peer = S("127.0.0.1");
	assert_true(client_is_local(r.c));
	rig_close(&r);
	rig_open(&r, GET "Host: x\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n");
	r.rq.http.peer = S("127.0.0.1");
	assert_false(client_is_local(r.c)); /* a proxy speaks for somebody */
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believes_trusted_proxies_only),
		cmocka_unit_test(reports_a_proxy_that_disagrees),
		cmocka_unit_test(answers_for_its_own_host),
		cmocka_unit_test(knows_who_is_on_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
