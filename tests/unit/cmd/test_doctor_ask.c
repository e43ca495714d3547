/* The walk by itself: exit codes, both manners of telling, and peers that do not let go. */
#include "cmd/doctor_verdict.c"
#include "cmd/doctor_address.c"
#include "cmd/doctor_status.c"
#undef WHAT
#include "cmd/doctor_ask.c"
#include "doctor_kit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>

/* ---- a peer ------------------------------------------------------------------------------------------------------- */

struct peer {
	int listener;
	int port;
	const char *answer; /* sent at once; NULL: a byte every 200 ms, for ever */
	char got[4096];
	pthread_t thread;
};

static void drip(int fd)
{
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		usleep(200000);
}

static void *serve(void *arg)
{
	struct peer *p = arg;
	int fd = accept(p->listener, NULL, NULL);
	ssize_t n = recv(fd, p->got, sizeof p->got - 1, 0);

	p->got[n > 0 ? n : 0] = 0;
	if (p->answer)
		(void)!send(fd, p->answer, strlen(p->answer), MSG_NOSIGNAL);
	else
		drip(fd);
	close(fd);
	return NULL;
}

static void peer_begin(struct peer *p, const char *answer)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;

	*p = (struct peer){ .listener = socket(AF_INET, SOCK_STREAM, 0), .answer = answer };
	assert_true(p->listener >= 0 && bind(p->listener, (struct sockaddr *)&a, sizeof a) == 0);
	assert_true(
	    listen(p->listener, 4) == 0 && getsockname(p->listener, (struct sockaddr *)&a, &size) == 0);
	p->port = ntohs(a.sin_port);
	/* The signal that ends a wait is for the thread that waits. */
	sigset_t alarms, before;
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, &before);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void peer_end(struct peer *p)
{
	pthread_join(p->thread, NULL);
	close(p->listener);
}

static void walk_at(struct walk *w, struct arena *mem, const struct peer *p)
{
	*w = (struct walk){ 0 };
	walk_begin(w, mem, 0);
	w->plain = arena_printf(mem, "http://127.0.0.1:%d/mcp?a=1", p->port);
	w->url = address(w->plain);
}

/* ---- tests -------------------------------------------------------------------------------------------------------- */

static void a_question_says_who_asks(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct walk w;
	struct peer p;
	struct probe_answer a;

	peer_begin(&p, "HTTP/1.1 401 U\r\nContent-Length: 0\r\n\r\n");
	walk_at(&w, mem, &p);
	const struct question q = { .method = S("POST"),
		.url = w.plain,
		.body = S("{}"),
		.version = S("2026-07-28"),
		.origin = S("https://o.example"),
		.forwarded = S("f.example") };
	holds("answered", walk_ask(&w, "it", &q, &a));
	peer_end(&p);
	same_int("by 401", a.res.status, 401);
	static const char *const lines[] = { "POST /mcp?a=1 HTTP/1.1\r\n",
		"\r\nAccept: application/json, text/event-stream\r\n",
		"\r\nContent-Type: application/json\r\n", "\r\nMCP-Protocol-Version: 2026-07-28\r\n",
		"\r\nMcp-Method: server/discover\r\n", "\r\nOrigin: https://o.example\r\n",
		"\r\nX-Forwarded-Host: f.example\r\n", "\r\n\r\n{}" };
	for (size_t i = 0; i < COUNT(lines); i++)
		holds(lines[i], strstr(p.got, lines[i]));
	holds("what is left empty is not sent", !strstr(p.got, "Access-Control"));
	holds("no token", !strstr(p.got, "Authorization"));
	arena_unref(mem);
}

static void another_host_is_named_on_the_wire(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct walk w;
	struct peer p;
	struct http_res r;

	peer_begin(&p, "HTTP/1.1 421 M\r\nContent-Length: 0\r\n\r\n");
	walk_at(&w, mem, &p);
	holds("answered", walk_ask_as(&w, &r));
	peer_end(&p);
	same_int("by 421", r.status, 421);
	holds("to the same place",
	    strstr(p.got, "POST /mcp?a=1 HTTP/1.1\r\nHost: foreign.gatehouse.invalid\r\n"));
	w.url.scheme = S("https");
	holds("not by TLS: the certificate stands for the name there", !walk_ask_as(&w, &r));
	arena_unref(mem);
}

static void nobody_holds_the_walk(void **state)
{
	struct arena *mem = arena_new(MEMORY);
	struct walk w;
	struct peer p;
	struct probe_answer a;
	int64_t began = time_mono_ms();

	peer_begin(&p, NULL);
	walk_at(&w, mem, &p);
	const struct question q = { .method = S("GET"), .url = w.plain };
	holds("a peer that drips gets no answer out", !walk_ask(&w, "it", &q, &a));
	peer_end(&p);
	int64_t took = time_mono_ms() - began;
	holds("ten seconds, not for ever", took > 8000 && took < 13000);
	same_int("one finding", (int64_t)w.v.failed, 1);
	holds("that says so", str_find(w.v.first->seen, S("HTTP (")) > 0);
	w.end = 0;
	holds("when the time is up nothing is asked",
	    !walk_ask(&w, "it", &q, &a) && !walk_ask(&w, "it", &q, &a));
	same("which is said once", w.v.last->seen, S("two minutes are over, the rest was not looked at"));
	same_int("once", (int64_t)w.v.failed, 2);
	arena_unref(mem);
}

static void odd_addresses_are_not_asked(void **state)
{
	static const str urls[] = { S_INIT("nonsense"), S_INIT("file:///etc/passwd"),
		S_INIT("ftp://127.0.0.1/x"), S_INIT("https://") };
	struct arena *mem = arena_new(MEMORY);

	for (size_t i = 0; i < COUNT(urls); i++) {
		struct walk w = { 0 };
		struct probe_answer a;
		const struct question q = { .method = S("GET"), .url = urls[i] };
		walk_begin(&w, mem, 0);
		holds(urls[i].p, !walk_try(&w, &q, &a) && a.stage == PROBE_URL);
	}
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_says_who_asks),
		cmocka_unit_test(another_host_is_named_on_the_wire),
		cmocka_unit_test(nobody_holds_the_walk),
		cmocka_unit_test(odd_addresses_are_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
