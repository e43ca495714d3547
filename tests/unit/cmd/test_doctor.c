/* doctor_run from end to end: the exit codes, and both manners of telling. Its rooms are one program here. */
#include "cmd/doctor_verdict.c"
#include "cmd/doctor_address.c"
#include "cmd/doctor_status.c"
#include "cmd/doctor_document.c"
#include "cmd/doctor_resource.c"
#include "cmd/doctor_issuer.c"
#include "cmd/doctor_endpoint.c"
#include "cmd/doctor_foreign.c"
#include "cmd/doctor_keys.c"
#undef WHAT
#include "cmd/doctor_challenge.c"
#include "cmd/doctor_ask.c"
#include "cmd/places.c"
#include "cmd/doctor_walk.c"
#include "cmd/doctor.c"
#include "cmd/findings.c"
#include "cmd/cli.c"
#include "doctor_kit.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* ---- a server that does everything right -------------------------------------------------------------------------- */

struct server {
	int listener;
	int port;
	bool open; /* wrong in one way: it needs no token */
	atomic_bool stop;
	pthread_t thread;
};

#define CORS                                                                                    \
	"Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: WWW-Authenticate\r\n" \
	"Access-Control-Allow-Headers: authorization, content-type, mcp-protocol-version\r\n"

static str reply(struct arena *mem, const char *status, const char *headers, str body)
{
	return arena_printf(mem,
	    "HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\nConnection: "
	    "close\r\n\r\n%.*s",
	    status, headers, body.n, FMT(body));
}

static str challenge_of(struct arena *mem, const char *base)
{
	return arena_printf(mem,
	    CORS "WWW-Authenticate: Bearer scope=\"a\", "
		 "resource_metadata=\"%s/.well-known/oauth-protected-resource/mcp\"\r\n",
	    base);
}

static str document_of(struct arena *mem, const char *base, str target)
{
	if (str_starts(target, S("/.well-known/oauth-protected-resource")))
		return arena_printf(
		    mem, "{\"resource\":\"%s/mcp\",\"authorization_servers\":[\"%s\"]}", base, base);
	if (str_starts(target, S("/jwks")))
		return S("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
			 "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRV"
			 "EU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"alg\":\"ES256\"}]}");
	return arena_printf(mem,
	    "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/authorize\",\"token_endpoint\":\"%s/token\","
	    "\"registration_endpoint\":\"%s/register\",\"jwks_uri\":\"%s/jwks\","
	    "\"response_types_supported\":[\"code\"],\"code_challenge_methods_supported\":[\"S256\"],"
	    "\"token_endpoint_auth_methods_supported\":[\"none\"],\"subject_types_supported\":[\"public\"],"
	    "\"id_token_signing_alg_values_supported\":[\"ES256\"],"
	    "\"authorization_response_iss_parameter_supported\":true}",
	    base, base, base, base, base);
}

static str reply_to(const struct server *s, struct arena *mem, str request)
{
	const char *base = arena_printf(mem, "http://127.0.0.1:%d", s->port).p;
	str method, rest, target;

	(void)str_cut(request, ' ', &method, &rest);
	(void)str_cut(rest, ' ', &target, &rest);
	if (str_find(request, S("\r\nHost: " DOCTOR_FOREIGN_HOST "\r\n")) >= 0)
		return reply(mem, "421 Misdirected Request", "", S("{}"));
	if (str_find(request, S("\r\nOrigin: " DOCTOR_FOREIGN_ORIGIN "\r\n")) >= 0)
		return reply(mem, "403 Forbidden", "", S("{}"));
	if (str_eq(method, S("OPTIONS")))
		return reply(mem, "200 OK", CORS, S(""));
	if (str_starts(target, S("/mcp")))
		return reply(mem, s->open ? "200 OK" : "401 Unauthorized", challenge_of(mem, base).p,
		    str_eq(method, S("HEAD")) ? S("") : S("{}"));
	if (str_starts(target, S("/.well-known/")) || str_starts(target, S("/jwks")))
		return reply(mem, "200 OK", CORS, document_of(mem, base, target));
	return reply(mem, "405 Method Not Allowed", "", S("{}"));
}

static void serve_one(const struct server *s, int fd)
{
	struct arena *mem = arena_new(MEMORY);
	struct buf in = { .mem = mem, .max = 65536 };
	char *room;
	ssize_t n;

	/* A question is small and its head comes with its body, or just before. */
	while (str_find(buf_str(&in), S("\r\n\r\n")) < 0 && (room = buf_room(&in, 4096)) &&
	    (n = recv(fd, room, 4096, 0)) > 0)
		in.n += (size_t)n;
	str out = reply_to(s, mem, buf_str(&in));
	(void)!send(fd, out.p, out.n, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	char rest[4096];
	while (recv(fd, rest, sizeof rest, 0) > 0)
		;
	close(fd);
	arena_unref(mem);
}

static void *serve(void *arg)
{
	struct server *s = arg;
	struct pollfd pfd = { .fd = s->listener, .events = POLLIN };

	while (!s->stop)
		if (poll(&pfd, 1, 20) == 1)
			serve_one(s, accept(s->listener, NULL, NULL));
	return NULL;
}

static void server_begin(struct server *s, bool open)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;

	*s = (struct server){ .listener = socket(AF_INET, SOCK_STREAM, 0), .open = open };
	assert_true(s->listener >= 0 && bind(s->listener, (struct sockaddr *)&a, sizeof a) == 0);
	assert_true(
	    listen(s->listener, 64) == 0 && getsockname(s->listener, (struct sockaddr *)&a, &size) == 0);
	s->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_end(struct server *s)
{
	s->stop = true;
	pthread_join(s->thread, NULL);
	close(s->listener);
}

/* ---- tests -------------------------------------------------------------------------------------------------------- */

struct told {
	char *text;
	size_t n;
	int rc;
};

static struct told run(str url, bool json)
{
	struct told t = { 0 };
	FILE *out = open_memstream(&t.text, &t.n);

	assert_non_null(out);
	t.rc = doctor_run(url, out, json);
	assert_int_equal(fclose(out), 0);
	return t;
}

static void all_is_well(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct server s;

	server_begin(&s, false);
	struct told t = run(arena_printf(mem, "http://127.0.0.1:%d/mcp", s.port), false);
	server_end(&s);
	if (t.rc != 0 || strstr(t.text, "FAIL"))
		fail_msg("something failed (%d):\n%s", t.rc, t.text);
	static const char *const lines[] = { "\nok    challenge: 401 Bearer", "\nok    GET: 401 too\n",
		"\nok    metadata: it is about http://127.0.0.1:",
		"\nok    issuer metadata: http://127.0.0.1:", "\nok    OpenID metadata: says the same\n",
		"\nok    keys: 1 of 1 can check tokens, the first by ES256\n",
		"\nok    registration: ", "\nok    web clients: ", "\nok    foreign origin: refused by 403\n",
		"\nok    foreign host: it sends nobody there\n" };
	for (size_t i = 0; i < COUNT(lines); i++)
		if (!strstr(t.text, lines[i]))
			fail_msg("not said: %s\n%s", lines[i], t.text);
	free(t.text);
	arena_unref(mem);
}

static void something_failed(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct server s;

	server_begin(&s, true);
	struct told t = run(arena_printf(mem, "http://127.0.0.1:%d/mcp", s.port), false);
	server_end(&s);
	same_int("1 when something failed", t.rc, 1);
	holds("the finding and its remedy",
	    strstr(t.text,
		"\nFAIL  POST: 200 instead of 401: it answers without a token: it is not protected\n"
		"      -> Protect it (gatehouse protect URL), and let nobody reach the server itself from "
		"outside.\n"));
	free(t.text);
	t = run(S("http://127.0.0.1:1/mcp"), false);
	same_int("1 when nobody answers", t.rc, 1);
	free(t.text);
	arena_unref(mem);
}

static void no_address(void **state)
{
	struct told t = run(S("nonsense"), false);

	same_int("2 when it is no URL", t.rc, 2);
	same("said in one line", str_of(t.text),
	    S("FAIL  address: nonsense is not an http or https URL\n      -> Give it as people type it: "
	      "https://host/path.\n"));
	free(t.text);
}

static void as_json(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct told t = run(S("http://127.0.0.1:1/mcp"), true);
	const struct json *o;
	int64_t failed;

	same_err(
	    "one object", json_parse(mem, str_trim(str_sub((str){ t.text, t.n }, 0, t.n - 1)), &o, NULL), OK);
	holds("failures are counted", json_get_int(o, S("failed"), &failed) && failed == 1);
	const struct json *f = json_get(o, S("findings"))->first->next;
	same("its kind", json_get_str(f, S("kind")), S("fail"));
	same("what", json_get_str(f, S("what")), S("TCP"));
	same("what was seen", json_get_str(f, S("seen")),
	    S("cannot connect to 127.0.0.1:1: Connection refused"));
	holds("its remedy", json_get_str(f, S("remedy")).n);
	free(t.text);
	t = run(S("no\x1b[2J\xff"), true);
	same_int("2", t.rc, 2);
	same_err("strange bytes stay JSON",
	    json_parse(mem, str_sub((str){ t.text, t.n }, 0, t.n - 1), &o, NULL), OK);
	free(t.text);
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_well),
		cmocka_unit_test(something_failed),
		cmocka_unit_test(no_address),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
