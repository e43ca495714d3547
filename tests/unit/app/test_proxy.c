/*
 * Calls through the gateway between real sockets: the test is the client and the upstream, and skips time instead of
 * waiting. The guard, routes and lanes are left out: `ready` begins the call, with the path's number as its person.
 */
#include "app/exchange.h"
#include "app/house.h"
#include "app/proxy.h"
#include "base/log.h"
#include "base/unit.h"
#include "clock.h"
#include "peer.h"

#include <fcntl.h>

static struct {
	struct arena *mem;
	struct config config;
	struct house_site site;
	struct house house;
	struct floor *floor;
	struct server_limits limits;
	struct server_shared shared;
	struct inlets inlets;
	struct thread thread;
	struct resolver *resolver;
	struct pool *pool;
	struct resource resource;
	int port;             /* ours */
	int listener, behind; /* the upstream's */
	int up_port;
} rig;

/* --- what dispatch and the guard do in the daemon */

static void refuse(struct ctx *c, struct request *rq, enum err e)
{
	struct http_reply r = { .status = err_row(e)->status };

	r.body = arena_printf(c->mem, "%s: %.*s", err_row(e)->name, FMT(c->fail.detail));
	request_reply(rq, &r);
}

static void start_call(struct request *rq)
{
	struct exchange *x = exchange_new(rig.floor, rq->mem);
	struct pass *who = NEW(rq->mem, struct pass);

	x->rq = rq;
	x->resource = &rig.resource;
	x->c.req = &rq->http;
	who->user = rq->http.path.p[1] - '0';
	who->grant = who->user + 100;
	who->client_key = who->user + 200;
	who->origin_key = who->user + 300;
	who->sub_n = 6;
	memcpy(who->sub, "user_1", 6);
	struct proxy_call call = { .c = &x->c,
		.rq = rq,
		.resource = &rig.resource,
		.who = who,
		.pool = rig.pool,
		.refuse = refuse };
	enum err e = proxy_start(&call);
	if (e != OK && e != ERR_CANCELLED)
		refuse(&x->c, rq, e);
	exchange_drop(x);
}

struct late {
	struct timer timer; /* first */
	struct request *rq;
};

static void start_late(struct timer *t)
{
	struct late *l = (struct late *)(void *)t;

	start_call(l->rq);
	arena_unref(l->rq->mem);
}

static void on_head(struct request *rq)
{
	rq->stream = true;
}

static void on_ready(struct request *rq)
{
	if (!str_ends(rq->http.path, S("/late"))) {
		start_call(rq);
		return;
	}
	struct late *l = NEW(rq->mem, struct late); /* as when a token is verified on its lane */
	l->rq = rq;
	l->timer.fire = start_late;
	(void)arena_ref(rq->mem);
	loop_timer(rig.floor->loop, &l->timer, 200);
}

static void on_broken(struct request *rq, enum err e)
{
	struct http_reply r = { .status = err_row(e)->status, .close = true };

	request_reply(rq, &r);
}

static void on_late(struct request *rq)
{
	on_broken(rq, ERR_OVERLOADED);
}

static void on_gone(struct request *rq)
{
	(void)rq;
}

static const struct server_hooks hooks = { on_head, on_ready, on_broken, on_late, on_gone };

/* --- the loop's thread */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;

struct order {
	struct task task; /* first */
	void (*fn)(void *arg);
	void *arg;
	bool done;
};

static void obey(struct task *t)
{
	struct order *o = (struct order *)(void *)t;

	o->fn(o->arg);
	pthread_mutex_lock(&lock);
	o->done = true;
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&lock);
}

static void on_loop(void (*fn)(void *arg), void *arg)
{
	struct order o = { .task.run = obey, .fn = fn, .arg = arg };

	loop_post(rig.floor->loop, &o.task);
	pthread_mutex_lock(&lock);
	while (!o.done)
		pthread_cond_wait(&change, &lock);
	pthread_mutex_unlock(&lock);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void settle(void)
{
	for (int i = 0; i < 4; i++)
		on_loop(nothing, NULL);
}

static void pass_time(int64_t ms)
{
	settle();
	clock_skip(ms);
	settle();
}

static void run_loop(void *arg)
{
	(void)arg;
	loop_run(rig.floor->loop);
	server_cut(rig.floor->server);
}

static int start(void **state)
{
	struct buf why = { 0 };
	struct sockaddr_in at;
	socklen_t n = sizeof at;
	(void)state;

	memset(&rig, 0, sizeof rig);
	rig.mem = arena_new(1 << 20);
	rig.config = (struct config){
		.limit_body_mcp = 4 << 20, .limit_upstream_seconds = 60, .limit_streams_per_user = 3
	};
	rig.site = (struct house_site){ .site = { .mem = rig.mem, .config = &rig.config } };
	rig.floor = &rig.house.floors[0];
	rig.floor->house = &rig.house;
	rig.floor->site = &rig.site;
	rig.limits = (struct server_limits){ .head_ms = 10000,
		.idle_ms = 3600000,
		.stall_ms = 3600000,
		.answer_ms = 3600000,
		.connections = 100,
		.per_address = 100,
		.arena_cap = 1 << 22 };
	assert_int_equal(loop_new(&rig.floor->loop), OK);
	server_shared_start(&rig.shared);
	rig.floor->server = server_new(rig.floor->loop, &hooks, &rig.limits, &rig.shared, rig.floor);
	assert_int_equal(inlet_open(&rig.inlets, S("127.0.0.1:0"), false, &why), OK);
	assert_int_equal(getsockname(rig.inlets.items[0].fd, (struct sockaddr *)&at, &n), 0);
	rig.port = ntohs(at.sin_port);
	assert_int_equal(server_listen(rig.floor->server, &rig.inlets.items[0]), OK);
	rig.listener = peer_listen("127.0.0.1", &rig.up_port);
	rig.resource = (struct resource){ .identifier = S("http://gate.example/mcp"),
		.upstream = arena_printf(rig.mem, "http://127.0.0.1:%d/up", rig.up_port) };
	rig.resolver = resolver_new();
	rig.pool = pool_new(rig.floor->loop, rig.resolver);
	rig.thread = (struct thread){ .name = "loop", .run = run_loop };
	return thread_start(&rig.thread) == OK ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	loop_stop(rig.floor->loop);
	thread_join(&rig.thread);
	server_drain(rig.floor->server);
	pool_free(rig.pool);
	loop_free(rig.floor->loop);
	server_free(rig.floor->server);
	inlets_close(&rig.inlets);
	server_shared_free(&rig.shared);
	resolver_free(rig.resolver);
	close(rig.listener);
	assert_int_equal(rig.floor->exchanges, 0);
	arena_unref(rig.mem);
	return 0;
}

/* --- a client and an upstream */

#define HOST "Host: gate.example\r\n"
#define GET "GET /1 HTTP/1.1\r\n" HOST "\r\n"
#define POST_2 "POST /1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi"
#define OK_2 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
#define EVENTS "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

static int call(const char *text)
{
	int c = peer_dial(rig.port);

	peer_say(c, text);
	return c;
}

/* The upstream's end of it, once this part of the request has come. */
static int taken(const char *until)
{
	int u = peer_accept(rig.listener);

	peer_hear(u, until);
	return u;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in '%.2000s'", part, text);
}

static void has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' in '%.2000s'", part, text);
}

static void both_close(int c, int u)
{
	close(c);
	close(u);
}

/* --- calls */

static void a_call_passes_and_both_connections_go_on(void **state)
{
	int c = call(POST_2), u = peer_accept(rig.listener);
	(void)state;

	char *head = peer_hear(u, "\r\n\r\nhi");
	has(head, "POST /up HTTP/1.1\r\nHost: 127.0.0.1:");
	has(head, "\r\nX-Gatehouse-User: user_1\r\n");
	peer_say(u, OK_2 "ho");
	has_not(peer_hear(c, "\r\n\r\nho"), "Connection:");
	peer_say(c, "DELETE /1?a=%20b HTTP/1.1\r\n" HOST "\r\n");
	has(peer_hear(u, "\r\n\r\n"), "DELETE /up?a=%20b HTTP/1.1\r\n");
	peer_say(u, "HTTP/1.1 204 No Content\r\n\r\n");
	has(peer_hear(c, "\r\n\r\n"), "204 No Content");
	assert_true(peer_silent(rig.listener, 0));
	both_close(c, u);
}

static void chunks_are_chunks_again(void **state)
{
	int c = call("POST /1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	int u = taken("\r\n\r\n3\r\nabc\r\n");
	(void)state;

	peer_say(c, "11\r\n0123456789abcdefg\r\n");
	peer_hear(u, "11\r\n0123456789abcdefg\r\n");
	peer_say(c, "0\r\n\r\n");
	peer_hear(u, "0\r\n\r\n");
	peer_say(u, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nho\r\n");
	peer_hear(c, "Transfer-Encoding: chunked\r\n\r\n2\r\nho\r\n");
	peer_say(u, "1\r\n!\r\n0\r\nX-Trailer: t\r\n\r\n");
	peer_hear(c, "1\r\n!\r\n0\r\n\r\n");
	peer_say(c, GET);
	peer_hear(u, "GET /up");
	both_close(c, u);
}

static void answers_without_a_body(void **state)
{
	static const struct {
		const char *sentence, *request, *answer, *want;
	} rows[] = {
		{ "HEAD with a length", "HEAD /1 HTTP/1.1\r\n" HOST "\r\n",
		    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "Content-Length: 99\r\n" },
		{ "HEAD with chunks", "HEAD /1 HTTP/1.1\r\n" HOST "\r\n",
		    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n" },
		{ "304", GET, "HTTP/1.1 304 Not Modified\r\nETag: \"e\"\r\n\r\n", "ETag: \"e\"\r\n" },
		{ "202", POST_2, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
		    "Content-Length: 0\r\n" },
		{ "behind 100 and 103", POST_2,
		    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No "
		    "Content\r\n\r\n",
		    " 204 " },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int c = call(rows[i].request), u = i ? -1 : peer_accept(rig.listener);
		static int up;
		up = i ? up : u;
		peer_hear(up, "\r\n\r\n");
		peer_say(up, rows[i].answer);
		has(peer_hear(c, "\r\n\r\n"), rows[i].want);
		peer_say(c, GET); /* the client's connection is where it should be */
		peer_hear(up, "GET /up");
		peer_say(up, OK_2 "ok");
		peer_hear(c, "\r\n\r\nok");
		close(c);
		if (i + 1 == COUNT(rows))
			close(up);
	}
}

static void a_client_of_1996_gets_no_chunks(void **state)
{
	int c = call("GET /1 HTTP/1.0\r\n" HOST "\r\n"), u = taken("GET /up HTTP/1.1\r\n");
	(void)state;

	peer_say(u, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nho\r\n0\r\n\r\n");
	char *all = peer_hear(c, NULL);
	has(all, "Connection: close\r\n\r\nho");
	has_not(all, "chunked");
	both_close(c, u);
}

static void a_client_that_closes_is_told_so(void **state)
{
	int c = call("GET /1 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), u = taken("GET /up");
	(void)state;

	peer_say(u, OK_2 "ho");
	has(peer_hear(c, NULL), "Connection: close\r\n\r\nho");
	both_close(c, u);
}

static void a_body_that_ends_with_its_connection_ends_with_a_chunk(void **state)
{
	int c = call(GET), u = taken("GET /up");
	(void)state;

	peer_say(u, "HTTP/1.1 200 OK\r\n\r\nabc");
	close(u);
	peer_hear(c, "\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
	close(c);
}

static void pipelined_calls_are_answered_in_order(void **state)
{
	int c = call(POST_2 POST_2), u = taken("\r\n\r\nhi");
	(void)state;

	peer_say(u, OK_2 "11");
	peer_hear(u, "\r\n\r\nhi");
	peer_say(u, OK_2 "22");
	has(peer_hear(c, "22"), "\r\n\r\n11HTTP/1.1 200");
	both_close(c, u);
}

static void who_sends_slowly_holds_no_connection_upstream(void **state)
{
	int c = call("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n");
	(void)state;

	settle();
	assert_true(peer_silent(rig.listener, 20));
	peer_say(c, "h");
	int u = taken("\r\n\r\nh");
	peer_say(c, "i");
	peer_hear(u, "i");
	peer_say(u, OK_2 "ho");
	peer_hear(c, "\r\n\r\nho");
	both_close(c, u);
}

static void an_early_answer_is_the_last_of_its_connection(void **state)
{
	int c = call("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nhi"), u = taken("\r\n\r\nhi");
	(void)state;

	peer_say(u, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
	has(peer_hear(c, NULL), "Connection: close\r\n\r\nno");
	assert_true(peer_ended(u));
	both_close(c, u);
}

static void a_client_that_went_away_while_its_token_was_looked_at(void **state)
{
	int c = call("POST /1/late HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
	(void)state;

	settle();
	peer_reset(c);
	settle();
	pass_time(400);
	assert_true(peer_silent(rig.listener, 20));
	c = call("POST /1/late HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nhi");
	settle();
	pass_time(400);
	int u = taken("\r\n\r\nhi");
	both_close(c, u);
}

/* --- what goes wrong upstream */

static void refusals(void **state)
{
	static const struct {
		const char *sentence, *answer;
		bool close;
		const char *status, *why;
	} rows[] = {
		{ "401", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n", false,
		    " 502 ", "UPSTREAM_REFUSED" },
		{ "403", "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", false, " 502 ", "UPSTREAM_REFUSED" },
		{ "302", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", false, " 502 ",
		    "UPSTREAM_REDIRECT" },
		{ "elsewhere",
		    "HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n", false,
		    " 502 ", "UPSTREAM_REDIRECT: http://127.0.0.1" },
		{ "nowhere", "HTTP/1.1 308 T\r\nContent-Length: 0\r\n\r\n", false, " 502 ",
		    "UPSTREAM_REDIRECT" },
		{ "no HTTP", "SSH-2.0-odd\r\n", true, " 502 ", "UPSTREAM_BROKEN" },
		{ "nothing", "", true, " 502 ", "UPSTREAM_BROKEN" },
		{ "half a head", "HTTP/1.1 200 OK\r\nX", true, " 502 ", "UPSTREAM_BROKEN" },
		{ "a good head, and garbage at once: nothing was sent yet",
		    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false, " 502 ",
		    "UPSTREAM_BROKEN" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int c = call(POST_2), u = taken("\r\n\r\nhi");
		peer_say(u, rows[i].answer);
		if (rows[i].close)
			shutdown(u, SHUT_WR);
		char *got = peer_hear(c, rows[i].why);
		holds(rows[i].sentence, strstr(got, rows[i].status));
		holds(rows[i].sentence, peer_ended(u));
		both_close(c, u);
	}
}

static void a_dead_upstream_is_502_and_a_silent_one_504(void **state)
{
	int c, u;
	(void)state;

	c = call(POST_2);
	u = taken("\r\n\r\nhi");
	pass_time(61000);
	has(peer_hear(c, "UPSTREAM_SLOW"), " 504 ");
	close(u);
	close(rig.listener);
	peer_say(c, POST_2); /* the client's connection goes on */
	has(peer_hear(c, "UPSTREAM_DOWN"), " 502 ");
	close(c);
	rig.listener = peer_listen("127.0.0.1", &rig.up_port);
}

static void an_answer_that_breaks_off_breaks_the_connection(void **state)
{
	static const char *const heads[] = { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" };
	(void)state;

	log_set_level(LOG_LEVEL_ERROR);
	for (size_t i = 0; i < 2 * COUNT(heads); i++) {
		int c = call(GET), u = taken("GET /up");
		peer_say(u, heads[i / 2]);
		peer_hear(c, "abc");
		if (i & 1)
			peer_reset(u);
		else
			close(u);
		has_not(peer_hear(c, NULL), "0\r\n\r\n");
		close(c);
	}
	int c = call(GET), u = taken("GET /up");
	peer_say(u, heads[0]);
	peer_hear(c, "abc");
	pass_time(61000); /* stops in the middle */
	assert_true(peer_ended(c));
	both_close(c, u);
}

static void what_an_upstream_says_behind_its_answer_is_nobodys(void **state)
{
	int c = call(GET), u = taken("GET /up");
	(void)state;

	peer_say(u, OK_2 "hoHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
	peer_hear(c, "\r\n\r\nho");
	peer_say(c, GET);
	int v = taken("GET /up");
	peer_say(v, OK_2 "hi");
	has_not(peer_hear(c, "\r\n\r\nhi"), "evil");
	close(u);
	both_close(c, v);
}

/* --- sending again */

static void a_redirect_is_followed_once_with_the_body(void **state)
{
	int c = call(POST_2), u = taken("\r\n\r\nhi");
	(void)state;

	peer_say(u, "HTTP/1.1 307 T\r\nLocation: /up/?x=1\r\nContent-Length: 4\r\n\r\nmove");
	has(peer_hear(u, "\r\n\r\nhi"), "POST /up/?x=1 HTTP/1.1\r\n");
	peer_say(u, OK_2 "ho");
	has_not(peer_hear(c, "\r\n\r\nho"), "move");
	peer_say(c, POST_2);
	has(peer_hear(u, "\r\n\r\nhi"), "POST /up HTTP/1.1\r\n"); /* not remembered */
	peer_say(u, "HTTP/1.1 308 T\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
	peer_hear(u, "\r\n\r\nhi");
	peer_say(u, "HTTP/1.1 308 T\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
	has(peer_hear(c, "UPSTREAM_REDIRECT"), " 502 ");
	both_close(c, u);
}

static void the_body_of_a_redirect_is_not_waited_for_for_ever(void **state)
{
	static char much[200000];
	int c = call(POST_2), u = taken("\r\n\r\nhi");
	(void)state;

	memset(much, 'x', sizeof much);
	peer_say(u, "HTTP/1.1 307 T\r\nLocation: /x\r\nContent-Length: 99999999\r\n\r\n");
	(void)send(u, much, sizeof much, MSG_NOSIGNAL);
	int v = taken("\r\n\r\nhi");
	peer_say(v, OK_2 "ho");
	peer_hear(c, "\r\n\r\nho");
	close(u);
	both_close(c, v);
}

static void a_redirect_within_the_body_takes_the_rest_along(void **state)
{
	int c = call("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\nab"), u = taken("\r\n\r\nab");
	(void)state;

	peer_say(u, "HTTP/1.1 307 T\r\nLocation: /x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	int v = taken("\r\n\r\nab");
	peer_say(c, "cd");
	peer_hear(v, "cd");
	peer_say(v, OK_2 "ho");
	peer_hear(c, "\r\n\r\nho");
	close(u);
	both_close(c, v);
}

static void close_it(void *fd)
{
	/* The loop is busy with this, so it finds the client's request and, behind it, the upstream's end in one turn. */
	peer_say(((int *)fd)[0], POST_2);
	usleep(1000);
	close(((int *)fd)[1]);
}

static void a_connection_that_ended_is_tried_again_with_the_body(void **state)
{
	(void)state;

	for (int i = 0; i < 20; i++) {
		int c = call(GET), u = taken("GET /up"), fds[2] = { c, u };
		peer_say(u, OK_2 "ho");
		peer_hear(c, "\r\n\r\nho");
		settle();
		on_loop(close_it, fds);
		u = taken("\r\n\r\nhi");
		peer_say(u, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
		peer_hear(c, "\r\n\r\nok");
		both_close(c, u);
	}
}

static void a_call_that_may_have_been_done_is_not_done_twice(void **state)
{
	int c = call(GET), u = taken("GET /up");
	(void)state;

	peer_say(u, OK_2 "ho");
	peer_hear(c, "\r\n\r\nho");
	peer_say(c, POST_2);
	peer_hear(u, "\r\n\r\nhi"); /* on the kept connection */
	close(u);
	has(peer_hear(c, "UPSTREAM_BROKEN"), " 502 ");
	assert_true(peer_silent(rig.listener, 20));
	peer_say(c, GET); /* but reading again is no harm */
	u = taken("GET /up");
	peer_say(u, OK_2 "ho");
	peer_hear(c, "\r\n\r\nho");
	peer_say(c, GET);
	peer_hear(u, "GET /up");
	close(u);
	u = taken("GET /up");
	both_close(c, u);
}

/* --- how much */

static void a_body_over_the_limit_is_413(void **state)
{
	static char much[1 << 20];
	(void)state;

	memset(much, 'x', sizeof much);
	int c = call("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n");
	has(peer_hear(c, "TOO_LARGE"), " 413 ");
	close(c);
	c = call("POST /1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\nx");
	int u = peer_accept(rig.listener), flags = fcntl(u, F_GETFL);
	fcntl(u, F_SETFL, flags | O_NONBLOCK);
	for (int i = 0; i < 5; i++) {
		peer_say(c, "\r\n100000\r\n");
		for (size_t at = 0; at < sizeof much; at += 65536) {
			ssize_t n = send(c, much + at, 65536, MSG_NOSIGNAL);
			if (n < 65536)
				break;
			while (recv(u, much, 65536, 0) > 0)
				;
		}
	}
	has(peer_hear(c, "TOO_LARGE"), " 413 ");
	both_close(c, u);
}

/* Writes until nothing more is taken for a while; how much that was. */
static size_t fill(int fd, size_t most)
{
	static char part[65536];
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	size_t n = 0;

	while (n < most && poll(&p, 1, 200) == 1) {
		ssize_t k = send(
		    fd, part, sizeof part < most - n ? sizeof part : most - n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (k <= 0)
			break;
		n += (size_t)k;
	}
	return n;
}

#define MUCH ((size_t)256 << 20)

static void a_client_that_does_not_read_holds_its_upstream_back(void **state)
{
	int c = call(GET), u = taken("GET /up"), small = 65536;
	char head[100];
	(void)state;

	setsockopt(c, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", MUCH);
	peer_say(u, head);
	size_t n = fill(u, MUCH);
	assert_true(n < 32 << 20); /* the kernel's buffers, and ours */
	peer_hear(c, "\r\n\r\n");
	while (n < MUCH) {
		int flags = fcntl(c, F_GETFL);
		static char room[1 << 20];
		fcntl(c, F_SETFL, flags | O_NONBLOCK);
		while (recv(c, room, sizeof room, 0) > 0)
			;
		fcntl(c, F_SETFL, flags);
		size_t k = 0;
		struct pollfd p = { .fd = u, .events = POLLOUT };
		if (poll(&p, 1, 5000) == 1) {
			ssize_t w = send(u, room, sizeof room < MUCH - n ? sizeof room : MUCH - n,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
			k = w > 0 ? (size_t)w : 0;
		}
		n += k;
	}
	/* Whole: the connection goes on behind it. */
	int flags = fcntl(c, F_GETFL);
	static char rest[1 << 20];
	fcntl(c, F_SETFL, flags | O_NONBLOCK);
	for (int quiet = 0; quiet < 20;) {
		ssize_t k = recv(c, rest, sizeof rest, 0);
		quiet = k > 0 ? 0 : quiet + 1;
		if (k <= 0)
			usleep(5000);
	}
	fcntl(c, F_SETFL, flags);
	peer_say(c, GET);
	peer_hear(u, "GET /up");
	peer_say(u, OK_2 "ho");
	peer_hear(c, "\r\n\r\nho");
	both_close(c, u);
}

static void an_upstream_that_does_not_read_holds_its_client_back(void **state)
{
	char head[200];
	int c = peer_dial(rig.port);
	(void)state;

	rig.config.limit_body_mcp = (int64_t)MUCH;
	snprintf(
	    head, sizeof head, "POST /1 HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", (size_t)64 << 20);
	peer_say(c, head);
	peer_say(c, "x");
	int u = peer_accept(rig.listener), small = 65536;
	setsockopt(u, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	size_t n = 1 + fill(c, ((size_t)64 << 20) - 1);
	assert_true(n < 32 << 20);
	peer_hear(u, "\r\n\r\n");
	/* Reads all of it, while the client writes the rest. */
	while (n < (size_t)64 << 20) {
		static char room[1 << 20];
		while (recv(u, room, sizeof room, MSG_DONTWAIT) > 0)
			;
		n += fill(c, ((size_t)64 << 20) - n < sizeof room ? ((size_t)64 << 20) - n : sizeof room);
	}
	peer_say(u, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
	for (int quiet = 0; quiet < 20; quiet++) {
		static char room[1 << 20];
		while (recv(u, room, sizeof room, MSG_DONTWAIT) > 0)
			quiet = 0;
		usleep(2000);
	}
	has(peer_hear(c, "\r\n\r\nok"), " 200 OK");
	both_close(c, u);
}

/* --- streams */

static void a_client_that_goes_away_ends_its_call_upstream(void **state)
{
	int c = call(GET), u = taken("GET /up");
	(void)state;

	close(c); /* before the answer */
	assert_true(peer_ended(u));
	close(u);
	c = call(GET);
	u = taken("GET /up");
	peer_say(u, EVENTS "9\r\ndata: 1\n\n\r\n");
	peer_hear(c, "data: 1\n\n");
	peer_reset(c); /* within it */
	assert_true(peer_ended(u));
	close(u);
}

struct word {
	int kind;
	int64_t id;
};

static void tell(void *arg)
{
	struct word *w = arg;

	server_notice(rig.floor->server, w->kind, w->id);
}

static void access_taken_back_ends_its_streams_only(void **state)
{
	static const struct {
		const char *sentence;
		struct word word;
		bool first, second;
	} rows[] = {
		{ "another grant", { EFFECT_REVOKE_GRANT, 1 }, false, false },
		{ "the first one's grant", { EFFECT_REVOKE_GRANT, 101 }, true, false },
		{ "the second one's person", { EFFECT_REVOKE_USER, 2 }, false, true },
		{ "a person with a grant's number", { EFFECT_REVOKE_USER, 101 }, false, false },
		{ "the first one's client", { EFFECT_REVOKE_CLIENT, 201 }, true, false },
		{ "the client that the second one's token was exchanged for", { EFFECT_REVOKE_CLIENT, 302 },
		    false, true },
		{ "a client with a grant's number", { EFFECT_REVOKE_CLIENT, 101 }, false, false },
		{ "a client whose row was changed", { EFFECT_CLIENT_CHANGED, 201 }, false, false },
		{ "something else", { EFFECT_RELOAD, 101 }, false, false },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int a = call("GET /1 HTTP/1.1\r\n" HOST "\r\n"), ua = taken("GET /up");
		int b = call("GET /2 HTTP/1.1\r\n" HOST "\r\n"), ub = taken("GET /up");
		peer_say(ua, EVENTS "9\r\ndata: 1\n\n\r\n");
		peer_hear(a, "data: 1\n\n\r\n");
		struct word w = rows[i].word; /* the second one still waits for its answer */
		on_loop(tell, &w);
		holds(rows[i].sentence, rows[i].first ? peer_ended(a) && peer_ended(ua) : peer_silent(a, 20));
		if (rows[i].second) { /* nothing was cut, so it can be said */
			has(peer_hear(b, "TOKEN_REVOKED: taken back while the call was under way"), " 401 ");
			assert_true(peer_ended(ub));
		} else {
			holds(rows[i].sentence, peer_silent(b, 20));
		}
		both_close(a, ua);
		both_close(b, ub);
		settle();
	}
}

static void who_still_sends_is_told_that_access_was_taken_back(void **state)
{
	struct word w = { EFFECT_REVOKE_GRANT, 101 };
	int c = call("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nabc"), u = taken("\r\n\r\nabc");
	(void)state;

	on_loop(tell, &w);
	assert_true(peer_ended(u));
	peer_say(c, "defghi"); /* which nobody wants any more */
	has(peer_hear(c, "TOKEN_REVOKED: taken back"), " 401 ");
	both_close(c, u);
	c = call("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n"); /* nothing has gone up yet */
	settle();
	on_loop(tell, &w);
	has(peer_hear(c, "TOKEN_REVOKED: taken back"), " 401 ");
	close(c);
}

static void a_silent_event_stream_says_something_between_events(void **state)
{
	int c = call(GET), u = taken("GET /up");
	(void)state;

	peer_say(u, EVENTS);
	has(peer_hear(c, "\r\n\r\n"), "X-Accel-Buffering: no\r\n");
	pass_time(14000);
	assert_true(peer_silent(c, 20));
	pass_time(1200);
	peer_hear(c, "e\r\n: still here\n\n\r\n");
	peer_say(u, "7\r\ndata: 1\r\n"); /* an event that is not over */
	peer_hear(c, "data: 1");
	pass_time(16000);
	pass_time(16000);
	assert_true(peer_silent(c, 20));
	peer_say(u, "4\r\n\r\n\r\n\r\n"); /* now it is */
	peer_hear(c, "4\r\n\r\n\r\n\r\n");
	pass_time(10000);
	assert_true(peer_silent(c, 20)); /* it counts from the last byte */
	pass_time(6000);
	peer_hear(c, ": still here\n\n");
	pass_time(3600000);
	peer_hear(c, ": still here\n\n");
	peer_say(u, "0\r\n\r\n");
	peer_hear(c, "0\r\n\r\n");
	pass_time(16000);
	assert_true(peer_silent(c, 20));
	both_close(c, u);
}

static void nothing_is_said_where_it_could_be_taken_for_the_answer(void **state)
{
	static const char *const heads[] = {
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: "
		"chunked\r\n\r\n2\r\n\n\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: "
		"gzip\r\nTransfer-Encoding: "
		"chunked\r\n\r\n2\r\n\n\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\n\n\n",
	};
	(void)state;

	for (size_t i = 0; i < COUNT(heads); i++) {
		int c = call(GET), u = taken("GET /up");
		peer_say(u, heads[i]);
		peer_hear(c, "\n\n");
		settle();
		while (recv(c, (char[64]){ 0 }, 64, MSG_DONTWAIT) > 0)
			;
		pass_time(31000);
		assert_true(peer_silent(c, 20));
		both_close(c, u);
	}
}

static void a_person_has_so_many_streams_and_no_more(void **state)
{
	int c[3], u[3];
	(void)state;

	for (int i = 0; i < 3; i++) {
		c[i] = call("GET /1 HTTP/1.1\r\n" HOST "\r\n");
		u[i] = taken("GET /up");
		peer_say(u[i], EVENTS);
		peer_hear(c[i], "\r\n\r\n");
	}
	int over = call("GET /1 HTTP/1.1\r\n" HOST "\r\n"), up = taken("GET /up");
	peer_say(up, EVENTS);
	has(peer_hear(over, "RATE_LIMITED: more than 3 open streams"), " 429 ");
	both_close(over, up);
	over = call(POST_2); /* a call that is answered at once is no stream */
	up = taken("\r\n\r\nhi");
	peer_say(up, OK_2 "ho");
	peer_hear(over, "\r\n\r\nho");
	both_close(over, up);
	over = call("GET /2 HTTP/1.1\r\n" HOST "\r\n"); /* somebody else */
	up = taken("GET /up");
	peer_say(up, EVENTS);
	has(peer_hear(over, "\r\n\r\n"), " 200 OK");
	both_close(over, up);
	both_close(c[0], u[0]);
	settle();
	over = call("GET /1 HTTP/1.1\r\n" HOST "\r\n");
	up = taken("GET /up");
	peer_say(up, EVENTS);
	has(peer_hear(over, "\r\n\r\n"), " 200 OK");
	both_close(over, up);
	both_close(c[1], u[1]);
	both_close(c[2], u[2]);
}

static void drain(void *arg)
{
	(void)arg;
	server_drain(rig.floor->server);
}

#define LISTEN "POST /1 HTTP/1.1\r\n" HOST "Mcp-Method: subscriptions/listen\r\nContent-Length: 2\r\n\r\nhi"

/* The whole of it: when to come back, and an end that is one. */
static void ends_with_a_time_to_come_back(int c)
{
	const char *last = peer_hear(c, NULL), *retry = strstr(last, "retry: ");
	int ms = retry ? atoi(retry + 7) : 0;

	if (ms < 1000 || ms > 1999)
		fail_msg("no time to come back in '%s'", last);
	assert_string_equal(retry + 11, "\n\n\r\n0\r\n\r\n");
}

static void a_daemon_that_ends_lets_calls_finish(void **state)
{
	int a = call(POST_2), ua = taken("\r\n\r\nhi");
	int b = call(POST_2), ub = taken("\r\n\r\nhi");
	(void)state;

	peer_say(ub, EVENTS "9\r\ndata: 1\n\n\r\n"); /* a result that says how far it is */
	peer_hear(b, "data: 1\n\n\r\n");
	on_loop(drain, NULL);
	assert_true(peer_silent(a, 20) && peer_silent(b, 20));
	pass_time(9000);
	peer_say(ua, OK_2 "ho");
	has(peer_hear(a, NULL), "\r\n\r\nho"); /* and its connection ends */
	peer_say(ub, "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
	assert_string_equal(peer_hear(b, NULL), "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
	both_close(a, ua);
	both_close(b, ub);
}

static void a_daemon_that_ends_sends_listeners_away_between_two_events(void **state)
{
	int a = call(GET), ua = taken("GET /up");
	int b = call(GET), ub = taken("GET /up");
	int c = call(LISTEN), uc = taken("\r\n\r\nhi");
	int d = call(GET), ud = taken("GET /up");
	(void)state;

	peer_say(ua, EVENTS "9\r\ndata: 1\n\n\r\n");
	peer_hear(a, "data: 1\n\n\r\n");
	peer_say(ub, EVENTS "7\r\ndata: 1\r\n"); /* within an event */
	peer_hear(b, "data: 1\r\n");
	peer_say(uc, EVENTS);
	peer_hear(c, "\r\n\r\n");
	on_loop(drain, NULL);
	ends_with_a_time_to_come_back(a);
	ends_with_a_time_to_come_back(c);
	assert_true(peer_ended(ua) && peer_ended(uc));
	assert_true(peer_silent(b, 20));
	peer_say(ub, "2\r\n\n\n\r\n"); /* it is over, and so is the stream */
	ends_with_a_time_to_come_back(b);
	assert_true(peer_ended(ub));
	peer_say(ud, EVENTS); /* one that only begins now */
	ends_with_a_time_to_come_back(d);
	both_close(a, ua);
	both_close(b, ub);
	both_close(c, uc);
	both_close(d, ud);
}

static void a_daemon_that_stops_at_once_gives_everything_back(void **state)
{
	int a = call(POST_2), ua = taken("\r\n\r\nhi");
	int b = call(GET), ub = taken("GET /up");
	int c = call("POST /1 HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nabc"), uc = taken("\r\n\r\nabc");
	(void)state;

	peer_say(ub, EVENTS "9\r\ndata: 1\n\n\r\n");
	peer_hear(b, "data: 1");
	assert_int_equal(stop(NULL), 0);
	assert_int_equal(start(NULL), 0);
	both_close(a, ua);
	both_close(b, ub);
	both_close(c, uc);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_call_passes_and_both_connections_go_on),
		TEST(chunks_are_chunks_again),
		TEST(answers_without_a_body),
		TEST(a_client_of_1996_gets_no_chunks),
		TEST(a_client_that_closes_is_told_so),
		TEST(a_body_that_ends_with_its_connection_ends_with_a_chunk),
		TEST(pipelined_calls_are_answered_in_order),
		TEST(who_sends_slowly_holds_no_connection_upstream),
		TEST(an_early_answer_is_the_last_of_its_connection),
		TEST(a_client_that_went_away_while_its_token_was_looked_at),
		TEST(refusals),
		TEST(a_dead_upstream_is_502_and_a_silent_one_504),
		TEST(an_answer_that_breaks_off_breaks_the_connection),
		TEST(what_an_upstream_says_behind_its_answer_is_nobodys),
		TEST(a_redirect_is_followed_once_with_the_body),
		TEST(the_body_of_a_redirect_is_not_waited_for_for_ever),
		TEST(a_redirect_within_the_body_takes_the_rest_along),
		TEST(a_connection_that_ended_is_tried_again_with_the_body),
		TEST(a_call_that_may_have_been_done_is_not_done_twice),
		TEST(a_body_over_the_limit_is_413),
		TEST(a_client_that_does_not_read_holds_its_upstream_back),
		TEST(an_upstream_that_does_not_read_holds_its_client_back),
		TEST(a_client_that_goes_away_ends_its_call_upstream),
		TEST(access_taken_back_ends_its_streams_only),
		TEST(who_still_sends_is_told_that_access_was_taken_back),
		TEST(a_silent_event_stream_says_something_between_events),
		TEST(nothing_is_said_where_it_could_be_taken_for_the_answer),
		TEST(a_person_has_so_many_streams_and_no_more),
		TEST(a_daemon_that_ends_lets_calls_finish),
		TEST(a_daemon_that_ends_sends_listeners_away_between_two_events),
		TEST(a_daemon_that_stops_at_once_gives_everything_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
