/* The server on a real loop and real sockets: slow, fragmented, pipelined, malformed, greedy and vanishing peers. */
#include "base/time.h"
#include "base/unit.h"
#include "net/server.h"
#include "net/thread.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PER_ADDRESS 8
#define BODY_MAX 100000

/* --- the app: a few addresses that behave in their ways */

struct later {
	struct timer timer; /* first */
	struct request *rq;
};

static struct {
	struct loop *loop;
	struct server *server;
	struct server_shared shared;
	struct inlets inlets;
	struct thread thread;
	struct server_limits limits;
	int port;
	atomic_int late, gone, closed, drained, noticed, held;
} app;

static void answer(struct request *rq, int status, str body, bool close)
{
	struct http_reply r = { .status = status, .body = body, .close = close };

	rq->app = NULL;
	request_reply(rq, &r);
}

static void answer_later(struct timer *t)
{
	struct later *l = (struct later *)(void *)t;

	answer(l->rq, 200, S("later"), false);
	arena_unref(l->rq->mem);
}

/* Sends the body back as it comes, held back when the client does not read. */
static void echo_body(void *arg, str data)
{
	struct request *rq = arg;

	if (!request_send(rq, &data, 1)) {
		atomic_fetch_add(&app.held, 1);
		request_want(rq, false);
	}
}

static void echo_end(void *arg)
{
	request_end(arg, S(""));
}

static void echo_drained(void *arg)
{
	atomic_fetch_add(&app.drained, 1);
	request_want(arg, true);
}

static void echo_closed(void *arg)
{
	(void)arg;
	atomic_fetch_add(&app.closed, 1);
}

static void echo_notice(void *arg, int kind, int64_t id)
{
	atomic_fetch_add(&app.noticed, 1);
	if (kind == 1 && id == 42)
		request_abort(arg);
}

static const struct stream_ops echo = { echo_body, echo_end, echo_drained, echo_closed, NULL, echo_notice };

static void on_head(struct request *rq)
{
	rq->app = rq; /* something, so that `gone` is told */
	rq->body_max = BODY_MAX;
	if (str_eq(rq->http.path, S("/refused")))
		answer(rq, 404, S("no"), false);
	else
		rq->stream = str_starts(rq->http.path, S("/stream"));
}

static void on_ready(struct request *rq)
{
	str path = rq->http.path;

	if (rq->stream) {
		/* Of the length that is asked for, or of none that is known. */
		struct http_answer head = { .status = 200, .reason = S("OK"), .length = rq->http.length };
		rq->app = NULL;
		request_head(rq, &head);
		(void)request_send(rq, NULL, 0);
		request_take(rq, &echo, rq);
	} else if (str_eq(path, S("/later"))) {
		struct later *l = NEW(rq->mem, struct later);
		l->rq = rq;
		l->timer.fire = answer_later;
		(void)arena_ref(rq->mem);
		loop_timer(app.loop, &l->timer, 100);
	} else if (str_eq(path, S("/big"))) {
		char *p = arena_alloc(rq->mem, 1 << 20);
		memset(p, 'x', 1 << 20);
		answer(rq, 200, (str){ p, 1 << 20 }, false);
	} else if (!str_eq(path, S("/never"))) {
		answer(rq, 200, rq->http.body.n ? rq->http.body : path, false);
	}
}

static void on_broken(struct request *rq, enum err e)
{
	answer(rq, err_row(e)->status, str_of(err_row(e)->name), true);
}

static void on_late(struct request *rq)
{
	atomic_fetch_add(&app.late, 1);
	answer(rq, 503, S("late"), true);
}

static void on_gone(struct request *rq)
{
	(void)rq;
	atomic_fetch_add(&app.gone, 1);
}

static const struct server_hooks hooks = { on_head, on_ready, on_broken, on_late, on_gone };

/* --- begin and end */

static void run_loop(void *arg)
{
	(void)arg;
	loop_run(app.loop);
	server_cut(app.server);
}

static int start(void **state)
{
	struct buf why = { 0 };
	struct sockaddr_in at;
	socklen_t n = sizeof at;
	(void)state;

	app.limits = (struct server_limits){
		.head_ms = 300,
		.idle_ms = 2000,
		.stall_ms = 1500,
		.answer_ms = 500,
		.body_rate = 1000,
		.connections = 20,
		.per_address = PER_ADDRESS,
		.arena_cap = 1 << 22,
	};
	assert_int_equal(loop_new(&app.loop), OK);
	server_shared_start(&app.shared);
	app.server = server_new(app.loop, &hooks, &app.limits, &app.shared, NULL);
	assert_int_equal(inlet_open(&app.inlets, S("127.0.0.1:0"), false, &why), OK);
	assert_int_equal(getsockname(app.inlets.items[0].fd, (struct sockaddr *)&at, &n), 0);
	app.port = ntohs(at.sin_port);
	assert_int_equal(server_listen(app.server, &app.inlets.items[0]), OK);
	app.thread = (struct thread){ .name = "loop", .run = run_loop };
	return thread_start(&app.thread) == OK ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	loop_stop(app.loop);
	thread_join(&app.thread);
	server_drain(app.server);
	loop_free(app.loop);
	server_free(app.server);
	inlets_close(&app.inlets);
	server_shared_free(&app.shared);
	return 0;
}

/* --- the client */

static int dial_from(struct sockaddr_in from)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)app.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static int dial(void)
{
	return dial_from((struct sockaddr_in){ .sin_family = AF_INET });
}

static void say(int fd, const char *text)
{
	size_t n = strlen(text);

	assert_int_equal(send(fd, text, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Everything up to the end of the connection, NUL-terminated; *ms: how long that took. */
static char *hear(int fd, int *ms)
{
	static char text[32 << 20];
	size_t n = 0;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t begun = time_mono_ms();

	for (;;) {
		assert_true(poll(&p, 1, 5000) == 1); /* nothing here takes that long */
		ssize_t k = recv(fd, text + n, sizeof text - 1 - n, 0);
		if (k <= 0)
			break;
		n += (size_t)k;
	}
	text[n] = '\0';
	if (ms)
		*ms = (int)(time_mono_ms() - begun);
	close(fd);
	return text;
}

static int answers(const char *text)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, "HTTP/1.1 ")); p++)
		n++;
	return n;
}

#define HOST "Host: x\r\n"
#define LAST "GET /last HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"

/* --- the tests */

static void answers_in_order(void **state)
{
	int fd = dial();
	(void)state;

	say(fd,
	    "GET /one HTTP/1.1\r\n" HOST "\r\nGET /later HTTP/1.1\r\n" HOST "\r\nPOST /two HTTP/1.1\r\n" HOST
	    "Content-Length: 3\r\n\r\nabcGET /three HTTP/1.1\r\n" HOST "\r\n" LAST);
	char *t = hear(fd, NULL);
	assert_int_equal(answers(t), 5);
	const char *want[] = { "/one", "later", "abc", "/three", "/last" };
	for (size_t i = 0; i < COUNT(want); i++) {
		t = strstr(t, want[i]);
		assert_non_null(t);
	}
}

static void takes_single_bytes(void **state)
{
	const char *text =
	    "POST /x HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
	int fd = dial();
	(void)state;

	for (size_t i = 0; text[i]; i++)
		assert_int_equal(send(fd, text + i, 1, MSG_NOSIGNAL), 1);
	assert_non_null(strstr(hear(fd, NULL), "\r\n\r\nabcdefg"));
}

static void refuses_what_it_cannot_read(void **state)
{
	static const struct {
		const char *sentence, *text, *want;
	} rows[] = {
		{ "bare LF", "GET / HTTP/1.1\nHost: x\n\n", "HTTP_MALFORMED" },
		{ "a TLS hello", "\x16\x03\x01", "HTTP_MALFORMED" },
		{ "no Host", "GET / HTTP/1.1\r\n\r\n", "HTTP_HOST" },
		{ "both lengths",
		    "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		    "HTTP_SMUGGLING" },
		{ "a body over the limit", "POST / HTTP/1.1\r\n" HOST "Content-Length: 100001\r\n\r\n",
		    "TOO_LARGE" },
		{ "a broken chunk", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		    "HTTP_MALFORMED" },
		{ "a good one, then garbage", "GET /a HTTP/1.1\r\n" HOST "\r\n\x01\x02", "HTTP_MALFORMED" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = dial();
		say(fd, rows[i].text);
		char *t = hear(fd, NULL);
		holds(rows[i].sentence, strstr(t, rows[i].want));
		holds(rows[i].sentence, strstr(t, "Connection: close"));
	}
}

/* The client is still sending when we have refused: closing at once would reset the connection under the answer. */
/* As long as allowed it is taken; a byte more is refused, also when no length said so before. */
static void refuses_a_body_that_is_too_long(void **state)
{
	static char body[BODY_MAX + 2];
	char head[200];
	(void)state;

	memset(body, 'b', BODY_MAX + 1);
	for (int more = 0; more < 2; more++)
		for (int chunked = 0; chunked < 2; chunked++) {
			int fd = dial();
			snprintf(head, sizeof head,
			    chunked ? "POST /b HTTP/1.1\r\n" HOST
				      "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n"
				    : "POST /b HTTP/1.1\r\n" HOST
				      "Connection: close\r\nContent-Length: %d\r\n\r\n",
			    BODY_MAX + more);
			body[BODY_MAX] = more ? 'b' : '\0';
			say(fd, head);
			say(fd, body);
			if (chunked)
				say(fd, "\r\n0\r\n\r\n");
			const char *t = hear(fd, NULL);
			assert_int_equal(strncmp(t, more ? "HTTP/1.1 413 " : "HTTP/1.1 200 ", 13), 0);
			assert_int_equal(more || strcmp(strstr(t, "\r\n\r\n") + 4, body) == 0, 1);
		}
}

static void lingers_so_that_the_refusal_arrives(void **state)
{
	char junk[65536];
	int fd = dial();
	(void)state;

	memset(junk, 'x', sizeof junk);
	say(fd, "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n");
	for (int i = 0; i < 3; i++)
		assert_true(send(fd, junk, sizeof junk, MSG_NOSIGNAL) > 0);
	assert_non_null(strstr(hear(fd, NULL), "TOO_LARGE"));
}

static void passes_over_an_unwanted_body(void **state)
{
	int fd = dial();
	(void)state;

	say(fd, "POST /refused HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhel");
	usleep(30000);
	say(fd, "lo" LAST);
	char *t = hear(fd, NULL);
	assert_int_equal(answers(t), 2);
	assert_non_null(strstr(t, "/last"));
}

static void gives_an_unbounded_unwanted_body_up(void **state)
{
	int fd = dial();
	(void)state;

	say(fd,
	    "POST /refused HTTP/1.1\r\n" HOST
	    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" LAST);
	char *t = hear(fd, NULL);
	assert_int_equal(answers(t), 1);
	assert_non_null(strstr(t, "Connection: close"));
}

static void says_continue_to_who_asks(void **state)
{
	char text[64] = "";
	int fd = dial();
	(void)state;

	say(fd,
	    "POST /x HTTP/1.1\r\n" HOST
	    "Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
	assert_true(recv(fd, text, sizeof text - 1, 0) > 0);
	assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
	say(fd, "hi");
	assert_non_null(strstr(hear(fd, NULL), "\r\n\r\nhi"));
}

static void does_not_read_what_it_refused_to_continue(void **state)
{
	int fd = dial();
	(void)state;

	say(fd, "POST /refused HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	char *t = hear(fd, NULL);
	assert_int_equal(answers(t), 1);
	assert_non_null(strstr(t, "404"));
	assert_non_null(
	    strstr(t, "Connection: close\r\n")); /* what comes next could be either: its body, or a request */
}

static void ends_the_slow(void **state)
{
	static const struct {
		const char *sentence, *text;
		int least, most; /* ms */
	} rows[] = {
		{ "half a head", "GET / HT", 200, 1500 },
		{ "a silent body", "POST /x HTTP/1.1\r\n" HOST "Content-Length: 9000\r\n\r\nab", 200, 1500 },
		{ "nothing at all", "", 500, 2500 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = dial(), ms;
		say(fd, rows[i].text);
		char *t = hear(fd, &ms);
		holds(rows[i].sentence, answers(t) == 0);
		holds(rows[i].sentence, ms >= rows[i].least && ms <= rows[i].most);
	}
}

static void answers_who_waits_too_long(void **state)
{
	int fd = dial(), before = atomic_load(&app.late);
	(void)state;

	say(fd, "GET /never HTTP/1.1\r\n" HOST "\r\n");
	assert_non_null(strstr(hear(fd, NULL), "503"));
	assert_int_equal(atomic_load(&app.late), before + 1);
}

static void tells_of_who_left(void **state)
{
	int before = atomic_load(&app.gone);
	(void)state;

	int fd = dial();
	say(fd, "POST /x HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
	usleep(50000);
	close(fd);
	for (int i = 0; i < 100 && atomic_load(&app.gone) == before; i++)
		usleep(10000);
	assert_int_equal(atomic_load(&app.gone), before + 1);
}

static void answers_who_closed_only_its_side(void **state)
{
	int fd = dial();
	(void)state;

	say(fd, "GET /later HTTP/1.1\r\n" HOST "\r\nGET /two HTTP/1.1\r\n" HOST "\r\n");
	shutdown(fd, SHUT_WR);
	char *t = hear(fd, NULL);
	assert_int_equal(answers(t), 2);
}

static void waits_for_who_reads_slowly(void **state)
{
	int fd = dial(), small = 65536;
	(void)state;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	say(fd, "GET /big HTTP/1.1\r\n" HOST "\r\nGET /big HTTP/1.1\r\n" HOST "\r\n" LAST);
	usleep(200000);
	char *t = hear(fd, NULL);
	assert_int_equal(answers(t), 3);
	assert_true(strlen(t) > 2 << 20);
}

static void drops_who_reads_nothing(void **state)
{
	int fd = dial(), small = 65536;
	char text[65536];
	(void)state;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 8; i++)
		say(fd, "GET /big HTTP/1.1\r\n" HOST "\r\n");
	usleep(3500000);
	size_t n = 0;
	for (ssize_t k; (k = recv(fd, text, sizeof text, 0)) > 0;)
		n += (size_t)k;
	assert_true(n < 8u << 20); /* it was cut off */
	close(fd);
}

/* 24 MiB, more than the system buffers, through the echo while the client reads nothing: it is held back, and then all of it comes. */
static void streams_with_back_pressure(void **state)
{
	enum { SIZE = 24 << 20 };
	int fd = dial(), held = atomic_load(&app.held);
	char head[128], part[65536], *t;
	size_t sent = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	(void)state;

	snprintf(head, sizeof head, "POST /stream HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n", SIZE);
	say(fd, head);
	memset(part, 'y', sizeof part);
	static char back[SIZE + 4096];
	size_t got = 0;
	int64_t read_at = time_mono_ms();
	while (sent < SIZE) {
		ssize_t k = 0;
		/* A machine that is slow enough takes a little all the time, and whoever never reads is cut off. */
		if (time_mono_ms() - read_at < 500 && poll(&p, 1, 50) == 1) {
			k = send(fd, part, sizeof part < SIZE - sent ? sizeof part : SIZE - sent,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
			assert_true(k > 0);
			sent += (size_t)k;
			continue;
		}
		/* Both ways are full: the server holds us back. */
		while ((k = recv(fd, back + got, sizeof part, MSG_DONTWAIT)) > 0)
			got += (size_t)k;
		read_at = time_mono_ms();
	}
	t = hear(fd, NULL);
	got += strlen(t);
	assert_int_equal(
	    got, SIZE + strlen("HTTP/1.1 200 OK\r\nContent-Length: 25165824\r\nConnection: close\r\n\r\n"));
	assert_true(atomic_load(&app.held) > held);
	assert_true(atomic_load(&app.drained) > 0);
}

static void streams_undo_chunks(void **state)
{
	int fd = dial();
	(void)state;

	say(fd, "POST /stream HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	usleep(30000);
	say(fd, "2\r\nde\r\n0\r\n\r\n");
	assert_non_null(strstr(hear(fd, NULL), "\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
}

static void tells_streams_of_the_clients_end(void **state)
{
	int fd = dial(), before = atomic_load(&app.closed);
	(void)state;

	say(fd, "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
	usleep(50000);
	close(fd);
	for (int i = 0; i < 100 && atomic_load(&app.closed) == before; i++)
		usleep(10000);
	assert_int_equal(atomic_load(&app.closed), before + 1);
}

struct notice {
	struct task task; /* first */
	int64_t id;
};

static void give_notice(struct task *t)
{
	server_notice(app.server, 1, ((struct notice *)(void *)t)->id);
}

static void tells_streams_of_revocations(void **state)
{
	static struct notice other = { .task.run = give_notice, .id = 7 },
			     mine = { .task.run = give_notice, .id = 42 };
	int fd = dial(), before = atomic_load(&app.noticed);
	(void)state;

	say(fd, "POST /stream HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
	usleep(50000);
	loop_post(app.loop, &other.task);
	usleep(50000);
	say(fd, "de");
	usleep(50000);
	loop_post(app.loop, &mine.task);
	char *t = hear(fd, NULL);
	assert_non_null(strstr(t, "abcde"));
	assert_int_equal(atomic_load(&app.noticed), before + 2);
}

/* How many of them were told that there are too many already. */
static int turned_away(const int *fds, int count)
{
	char text[64];
	int busy = 0;

	usleep(50000);
	for (int i = 0; i < count; i++) {
		ssize_t n = recv(fds[i], text, sizeof text - 1, MSG_DONTWAIT);
		text[n > 0 ? n : 0] = '\0';
		busy += strstr(text, "503") != NULL;
	}
	return busy;
}

/* An address of this machine that is no loopback one: from it a connection comes as from anywhere. False: there is none. */
static bool other_address(struct sockaddr_in *out)
{
	struct ifaddrs *all, *i;

	assert_int_equal(getifaddrs(&all), 0);
	for (i = all; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || i->ifa_flags & IFF_LOOPBACK)
			continue;
		memcpy(out, i->ifa_addr, sizeof *out);
		break;
	}
	freeifaddrs(all);
	return i != NULL;
}

static void turns_an_address_away_over_its_cap_and_nobody_else(void **state)
{
	struct sockaddr_in from;
	int fds[PER_ADDRESS + 3];
	(void)state;

	if (!other_address(&from))
		skip(); /* a machine with loopback alone has no second address to come from: tests/SKIPS */
	usleep(700000); /* those of other tests are gone */
	for (int i = 0; i < PER_ADDRESS + 3; i++)
		fds[i] = dial_from(from);
	assert_int_equal(turned_away(fds, PER_ADDRESS + 3), 3);
	int other = dial();
	say(other, LAST);
	assert_non_null(strstr(hear(other, NULL), "/last"));
	for (int i = 0; i < PER_ADDRESS + 3; i++)
		close(fds[i]);
	usleep(50000); /* its places are free again */
	other = dial_from(from);
	say(other, LAST);
	assert_non_null(strstr(hear(other, NULL), "/last"));
}

static void turns_away_over_the_cap(void **state)
{
	int fds[25];
	(void)state;

	usleep(700000); /* those of other tests are gone */
	for (int i = 0; i < 25; i++)
		fds[i] = dial();
	assert_int_equal(turned_away(fds, 25), 5);
	say(fds[0], LAST);
	assert_non_null(strstr(hear(fds[0], NULL), "/last"));
	for (int i = 1; i < 25; i++)
		close(fds[i]);
}

/* The loop is busy while requests come, and then is told to stop: nothing of them has been read yet. */
struct stop {
	struct task task; /* first */
	atomic_bool busy, go;
};

static void stop_when_told(struct task *t)
{
	struct stop *s = (struct stop *)(void *)t;

	atomic_store(&s->busy, true);
	while (!atomic_load(&s->go))
		usleep(1000);
	server_drain(app.server);
}

static void answers_what_has_come_before_it_was_told_to_stop(void **state)
{
	static struct stop s = { .task.run = stop_when_told };
	int idle = dial(), whole = dial(), part = dial(), used = dial();
	(void)state;

	say(used, "GET /one HTTP/1.1\r\n" HOST "\r\n");
	usleep(50000); /* all are taken in */
	loop_post(app.loop, &s.task);
	while (!atomic_load(&s.busy))
		usleep(1000);
	say(whole, "GET /whole HTTP/1.1\r\n" HOST "\r\n");
	say(part, "GET /part HTTP/1.1\r\nHo");
	say(used, "GET /two HTTP/1.1\r\n" HOST "\r\n");
	atomic_store(&s.go, true);
	assert_string_equal(hear(idle, NULL), "");
	say(part, "st: a.example\r\n\r\n");
	char *t = hear(whole, NULL);
	assert_non_null(strstr(t, "Connection: close\r\n"));
	assert_non_null(strstr(t, "\r\n\r\n/whole"));
	assert_non_null(strstr(hear(used, NULL), "\r\n\r\n/two"));
	t = hear(part, NULL);
	assert_non_null(strstr(t, "Connection: close\r\n"));
	assert_non_null(strstr(t, "\r\n\r\n/part"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_in_order), cmocka_unit_test(takes_single_bytes),
		cmocka_unit_test(refuses_what_it_cannot_read),
		cmocka_unit_test(refuses_a_body_that_is_too_long),
		cmocka_unit_test(lingers_so_that_the_refusal_arrives),
		cmocka_unit_test(passes_over_an_unwanted_body),
		cmocka_unit_test(gives_an_unbounded_unwanted_body_up),
		cmocka_unit_test(says_continue_to_who_asks),
		cmocka_unit_test(does_not_read_what_it_refused_to_continue), cmocka_unit_test(ends_the_slow),
		cmocka_unit_test(answers_who_waits_too_long), cmocka_unit_test(tells_of_who_left),
		cmocka_unit_test(answers_who_closed_only_its_side),
		cmocka_unit_test(waits_for_who_reads_slowly), cmocka_unit_test(drops_who_reads_nothing),
		cmocka_unit_test(streams_with_back_pressure), cmocka_unit_test(streams_undo_chunks),
		cmocka_unit_test(tells_streams_of_the_clients_end),
		cmocka_unit_test(tells_streams_of_revocations), cmocka_unit_test(turns_away_over_the_cap),
		cmocka_unit_test(turns_an_address_away_over_its_cap_and_nobody_else),
		cmocka_unit_test(answers_what_has_come_before_it_was_told_to_stop), /* the last */
	};

	return cmocka_run_group_tests(tests, start, stop);
}
