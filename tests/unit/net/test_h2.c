/* HTTP/2 on a real loop and real sockets, frame by frame: requests, windows, times, and clients that cost too much. */
#include "base/time.h"
#include "base/unit.h"
#include "h2_wire.h"
#include "net/h2_budget.h"
#include "net/h2.h"
#include "net/server.h"
#include "net/thread.h"

/* --- the app: a few addresses that behave in their ways */

static struct {
	struct loop *loop;
	struct server *server;
	struct server_shared shared;
	struct inlets inlets;
	struct thread thread;
	struct server_limits limits;
	int port;
	atomic_int heads, late, gone, closed, drained, held, bodies;
} app;

static void answer(struct request *rq, int status, str body)
{
	struct http_reply r = { .status = status, .body = body };

	reply_header(&r, S("X-Version"), S("One"));
	rq->app = NULL;
	request_reply(rq, &r);
}

struct later {
	struct timer timer; /* first */
	struct request *rq;
};

static void answer_later(struct timer *t)
{
	struct later *l = (struct later *)(void *)t;

	answer(l->rq, 200, S("later"));
	arena_unref(l->rq->mem);
}

/* Sends the body back as it comes, held back when the client takes nothing. */
static void echo_body(void *arg, str data)
{
	atomic_fetch_add(&app.bodies, (int)data.n);
	if (!request_send(arg, &data, 1)) {
		atomic_fetch_add(&app.held, 1);
		request_want(arg, false);
	}
}

static void echo_end(void *arg)
{
	request_end(arg, S("."));
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
	if (kind == 1 && id == 42)
		request_abort(arg);
}

/* Takes nothing of what comes. */
static void hold_body(void *arg, str data)
{
	atomic_fetch_add(&app.bodies, (int)data.n);
	request_want(arg, false);
}

static void hold_end(void *arg)
{
	(void)arg;
}

/* Has no end of its own. */
static void events_stopping(void *arg)
{
	request_end(arg, S("bye"));
}

static const struct stream_ops echo = { echo_body, echo_end, echo_drained, echo_closed, NULL, echo_notice },
			       hold = { hold_body, hold_end, echo_drained, echo_closed, NULL, echo_notice },
			       events = { hold_body, hold_end, echo_drained, echo_closed, events_stopping,
				       echo_notice };

static void on_head(struct request *rq)
{
	atomic_fetch_add(&app.heads, 1);
	rq->app = rq; /* something, so that `gone` is told */
	rq->body_max = 100000;
	if (str_eq(rq->http.path, S("/refused")))
		answer(rq, 404, S("no"));
	else
		rq->stream = str_starts(rq->http.path, S("/stream"));
}

static void take_stream(struct request *rq)
{
	struct http_answer head = { .status = 200, .length = -1 };
	str path = rq->http.path;

	rq->app = NULL;
	request_head(rq, &head);
	if (str_eq(path, S("/stream/whole"))) {
		request_read_body(rq, 1000);
		return;
	}
	if (!str_eq(path, S("/stream/quiet")))
		(void)request_send(rq, NULL, 0);
	request_take(rq,
	    str_eq(path, S("/stream/hold"))         ? &hold
		: str_eq(path, S("/stream/events")) ? &events
						    : &echo,
	    rq);
}

static void on_ready(struct request *rq)
{
	str path = rq->http.path;

	if (rq->stream) {
		take_stream(rq);
	} else if (str_eq(path, S("/later"))) {
		struct later *l = NEW(rq->mem, struct later);
		l->rq = rq;
		l->timer.fire = answer_later;
		(void)arena_ref(rq->mem);
		loop_timer(app.loop, &l->timer, 100);
	} else if (str_eq(path, S("/big"))) {
		char *p = arena_alloc(rq->mem, 1 << 18);
		memset(p, 'x', 1 << 18);
		answer(rq, 200, (str){ p, 1 << 18 });
	} else if (str_eq(path, S("/empty"))) {
		answer(rq, 204, S("never seen"));
	} else if (!str_eq(path, S("/never"))) {
		answer(rq, 200, rq->http.body.n ? rq->http.body : path);
	}
}

static void on_broken(struct request *rq, enum err e)
{
	answer(rq, err_row(e)->status, str_of(err_row(e)->name));
}

static void on_late(struct request *rq)
{
	atomic_fetch_add(&app.late, 1);
	answer(rq, 503, S("late"));
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
		.idle_ms = 600,
		.stall_ms = 500,
		.answer_ms = 500,
		.body_rate = 1000,
		.connections = 20,
		.per_address = 20,
		.arena_cap = 1 << 22,
	};
	assert_int_equal(loop_new(&app.loop), OK);
	server_shared_start(&app.shared);
	app.server = server_new(app.loop, &hooks, &app.limits, &app.shared, NULL);
	app.inlets.count = 0;
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

/* Runs on the loop. */
struct order {
	struct task task; /* first */
	int64_t id;
	atomic_bool done;
};

static void give_notice(struct task *t)
{
	server_notice(app.server, 1, ((struct order *)(void *)t)->id);
}

static void drain(struct task *t)
{
	(void)t;
	server_drain(app.server);
}

/* Waits until a count that the app keeps has come to this. */
static void until(const char *what, atomic_int *count, int want)
{
	for (int i = 0; i < 300 && atomic_load(count) < want; i++)
		usleep(10000);
	same_int(what, atomic_load(count), want);
}

/* --- the client */

static nghttp2_hd_inflater *table;

static int dial(void)
{
	int fd = peer_dial(app.port);

	if (table)
		nghttp2_hd_inflate_del(table);
	assert_int_equal(nghttp2_hd_inflate_new(&table), 0);
	peer_say(fd, WIRE_PREFACE);
	setting_send(fd, NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0); /* so that a test may pass over a head */
	return fd;
}

static struct answer *answered(int fd, uint32_t id)
{
	static struct answer a;

	answer_read(fd, table, id, &a);
	return &a;
}

static void wants(const char *sentence, int fd, uint32_t id, int status, const char *body)
{
	struct answer *a = answered(fd, id);

	same_int(sentence, a->status, status);
	same(sentence, (str){ a->body, a->n }, str_of(body));
}

/* It still works. */
static void serves(const char *sentence, int fd, uint32_t id)
{
	get(fd, id, "/fine");
	wants(sentence, fd, id, 200, "/fine");
	close(fd);
}

/* --- requests */

static void streams_are_answered_as_they_are_ready(void **state)
{
	int fd = dial();
	(void)state;

	get(fd, 1, "/later");
	get(fd, 3, "/now");
	wants("the second first", fd, 3, 200, "/now");
	wants("then the first", fd, 1, 200, "later");
	get(fd, 5, "/empty");
	wants("no body", fd, 5, 204, "");
	headers_send(fd, 7, END_STREAM, ASK("HEAD", "/now"));
	wants("nor of HEAD", fd, 7, 200, "");
	get(fd, 9, "/refused");
	wants("refused by its head", fd, 9, 404, "no");
	serves("and on it goes", fd, 11);
}

static void bodies_come_whole(void **state)
{
	int fd = dial();
	(void)state;

	headers_send(fd, 1, 0, ASK("POST", "/x") "content-length: 6\n");
	headers_send(fd, 3, 0, ASK("POST", "/x"));
	data_send(fd, 1, 0, "abc");
	data_send(fd, 3, END_STREAM, "other");
	wants("of no length", fd, 3, 200, "other");
	frame_send(fd, NGHTTP2_DATA, PADDED | END_STREAM, 1, "\3def\0\0\0", 7);
	wants("in two frames, one of them padded", fd, 1, 200, "abcdef");
	headers_send(fd, 5, 0, ASK("POST", "/x"));
	data_send(fd, 5, 0, "abc");
	headers_send(fd, 5, END_STREAM, "x-trailer: 1\n");
	wants("ended by a trailer", fd, 5, 200, "abc");
	headers_send(fd, 7, 0, ASK("POST", "/stream/whole"));
	data_send(fd, 7, END_STREAM, "late");
	wants("read whole after all", fd, 7, 200, "late");
	headers_send(fd, 9, 0, ASK("POST", "/stream/whole") "expect: 100-continue\n");
	struct frame f;
	frame_of(fd, &f, NGHTTP2_HEADERS, 9);
	assert_int_equal(status_in(table, &f), 100);
	data_send(fd, 9, END_STREAM, "on");
	wants("asked for", fd, 9, 200, "on");
	close(fd);
}

static void what_is_too_large_or_malformed_ends_its_stream_alone(void **state)
{
	static const struct {
		const char *sentence, *lines;
		int status;
		const char *want;
	} rows[] = {
		{ "a length over the limit", ASK("POST", "/x") "content-length: 100001\n", 413, "TOO_LARGE" },
		{ "two hosts", ASK("POST", "/x") "host: y\n", 400, "HTTP_HOST" },
		{ "a fragment", ":method: GET\n:scheme: http\n:path: /#\n:authority: x\n", 400,
		    "HTTP_MALFORMED" },
		{ "CONNECT", ":method: CONNECT\n:authority: x:1\n", 400, "HTTP_MALFORMED" },
	};
	int fd = dial();
	(void)state;

	for (uint32_t i = 0; i < COUNT(rows); i++) {
		headers_send(fd, 2 * i + 1, 0, rows[i].lines);
		struct answer *a = answered(fd, 2 * i + 1);
		same_int(rows[i].sentence, a->status, rows[i].status);
		same(rows[i].sentence, (str){ a->body, a->n }, str_of(rows[i].want));
		/* nobody reads the rest */
		same_int(rows[i].sentence, reset_of(fd, 2 * i + 1), NGHTTP2_NO_ERROR);
	}
	serves("the connection is as good as ever", fd, 99);
}

/* By itself nghttp2 leaves such fields out, and whoever stands in front may have read them otherwise. */
static void a_field_that_is_none_ends_its_stream_alone(void **state)
{
	static const struct {
		const char *sentence, *line;
	} rows[] = {
		{ "a blank in the name", "x y: 1\n" },
		{ "a quote in the name", "x\"y: 1\n" },
		{ "a capital in the name", "X-y: 1\n" },
		{ "a control character in the value", "x-y: \1\n" },
		{ "a return in the value", "x-y: 1\rz: 2\n" },
	};
	int fd = dial(), before = atomic_load(&app.heads);
	(void)state;

	for (uint32_t i = 0; i < COUNT(rows); i++) {
		char lines[256];
		snprintf(lines, sizeof lines, "%s%s", ASK("GET", "/x"), rows[i].line);
		headers_send(fd, 2 * i + 1, END_STREAM, lines);
		same_int(rows[i].sentence, reset_of(fd, 2 * i + 1), NGHTTP2_PROTOCOL_ERROR);
	}
	assert_int_equal(atomic_load(&app.heads), before);
	serves("the connection is as good as ever", fd, 99);
}

static void a_body_that_grows_too_large_is_refused(void **state)
{
	static char part[16384];
	int fd = dial();
	(void)state;

	headers_send(fd, 1, 0, ASK("POST", "/x"));
	for (int i = 0; i < 3; i++)
		frame_send(fd, NGHTTP2_DATA, 0, 1, part, sizeof part);
	struct frame f;
	frame_of(fd, &f, NGHTTP2_WINDOW_UPDATE, 1); /* what was read makes room */
	for (int i = 0; i < 4; i++)
		frame_send(fd, NGHTTP2_DATA, 0, 1, part, sizeof part);
	struct answer *a = answered(fd, 1);
	same("too large", (str){ a->body, a->n }, S("TOO_LARGE"));
	serves("and on it goes", fd, 3);
}

static void app_learns_of_who_left(void **state)
{
	int fd = dial(), gone = atomic_load(&app.gone), closed = atomic_load(&app.closed);
	(void)state;

	get(fd, 1, "/never");
	headers_send(fd, 3, 0, ASK("POST", "/x"));
	headers_send(fd, 5, 0, ASK("POST", "/stream/hold"));
	struct frame f;
	frame_of(fd, &f, NGHTTP2_HEADERS, 5);
	u32_send(fd, NGHTTP2_RST_STREAM, 1, NGHTTP2_CANCEL);
	until("one is reset", &app.gone, gone + 1);
	close(fd);
	until("one had no body yet", &app.gone, gone + 2);
	until("one was a stream", &app.closed, closed + 1);
}

/* --- windows */

/* What nobody takes does not open the window: a stream's 64 KiB, and no more, whatever the connection's is. */
static void who_sends_is_held_back(void **state)
{
	static char part[16384];
	int fd = dial(), bodies = atomic_load(&app.bodies);
	struct frame f;
	(void)state;

	headers_send(fd, 1, 0, ASK("POST", "/stream/hold"));
	frame_of(fd, &f, NGHTTP2_HEADERS, 1);
	for (int i = 0; i < 3; i++)
		frame_send(fd, NGHTTP2_DATA, 0, 1, part, sizeof part);
	frame_send(fd, NGHTTP2_DATA, 0, 1, part, 16383);
	frame_send(fd, NGHTTP2_PING, 0, 0, "12345678", 8);
	while (frame_read(fd, &f) && f.type != NGHTTP2_PING)
		assert_false(f.type == NGHTTP2_WINDOW_UPDATE && f.id == 1);
	assert_true(atomic_load(&app.bodies) - bodies <= 65535);
	frame_send(fd, NGHTTP2_DATA, 0, 1, part, 1); /* one more than there is room for */
	same_int("over the window", reset_of(fd, 1), NGHTTP2_FLOW_CONTROL_ERROR);
	serves("and on it goes", fd, 3);
}

static void bodies_go_both_ways_as_the_windows_allow(void **state)
{
	enum { SIZE = 4 << 20 };
	static char part[16384];
	int fd = dial(), held = atomic_load(&app.held), drained = atomic_load(&app.drained);
	size_t sent = 0, got = 0;
	int64_t window = 65535, all = 65535;
	bool ended = false;
	struct frame f;
	(void)state;

	memset(part, 'y', sizeof part);
	headers_send(fd, 1, 0, ASK("POST", "/stream"));
	while (!ended) {
		/* Everything that may be sent now, then one frame of what comes; our own window opens now and then. */
		while (sent < SIZE && window >= (int64_t)sizeof part && all >= (int64_t)sizeof part) {
			sent += sizeof part;
			frame_send(fd, NGHTTP2_DATA, sent == SIZE ? END_STREAM : 0, 1, part, sizeof part);
			window -= (int64_t)sizeof part;
			all -= (int64_t)sizeof part;
		}
		assert_true(frame_read(fd, &f));
		assert_true(f.type != NGHTTP2_GOAWAY && f.type != NGHTTP2_RST_STREAM);
		if (f.type == NGHTTP2_WINDOW_UPDATE)
			*(f.id ? &window : &all) += u32(f.payload);
		if (f.type != NGHTTP2_DATA)
			continue;
		ended = f.flags & END_STREAM;
		for (uint32_t i = 0; i < f.length; i++)
			assert_int_equal(f.payload[i], ended && i == f.length - 1 ? '.' : 'y');
		if ((got % 32768) + f.length >= 32768 && !ended) {
			u32_send(fd, NGHTTP2_WINDOW_UPDATE, 0, 32768);
			u32_send(fd, NGHTTP2_WINDOW_UPDATE, 1, 32768);
		}
		got += f.length;
	}
	same_int("all of it", (int64_t)got, SIZE + 1);
	assert_true(atomic_load(&app.held) > held && atomic_load(&app.drained) > drained);
	serves("and on it goes", fd, 3);
}

/* CVE-2019-9517 and -9511: a client that asks for much and takes nothing, or a byte now and then. */
static void who_takes_nothing_loses_the_stream(void **state)
{
	int fd = dial();
	(void)state;

	setting_send(fd, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0);
	get(fd, 1, "/big");
	int64_t begun = time_mono_ms();
	same_int("nothing", reset_of(fd, 1), NGHTTP2_CANCEL);
	assert_true(time_mono_ms() - begun >= 400);
	get(fd, 3, "/big");
	begun = time_mono_ms();
	struct frame f = { .type = -1 };
	size_t got = 0;
	while (f.type != NGHTTP2_RST_STREAM && time_mono_ms() - begun < 3000) {
		u32_send(fd, NGHTTP2_WINDOW_UPDATE, 3, 1); /* and what comes is a byte */
		if (!peer_readable(fd, 20))
			continue;
		assert_true(frame_read(fd, &f));
		got += f.type == NGHTTP2_DATA ? f.length : 0;
		usleep(5000);
	}
	same_int("a byte now and then", u32(f.payload), NGHTTP2_CANCEL);
	assert_in_range(got, 2, 4095);
	assert_int_equal(f.id, 3);
	setting_send(fd, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 65535);
	serves("and on it goes", fd, 5);
}

/* A slow client with many answers takes one after the other: those that wait for their turn are not given up. */
static void who_takes_slowly_gets_everything(void **state)
{
	int fd = dial();
	size_t got[5] = { 0 };
	int ended = 0;
	struct frame f;
	(void)state;

	setting_send(fd, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20);
	u32_send(fd, NGHTTP2_WINDOW_UPDATE, 0, 1 << 14);
	for (uint32_t id = 1; id < 7; id += 2)
		get(fd, id, "/big");
	while (ended < 3) {
		assert_true(frame_read(fd, &f));
		assert_true(f.type != NGHTTP2_RST_STREAM && f.type != NGHTTP2_GOAWAY);
		if (f.type != NGHTTP2_DATA)
			continue;
		got[f.id / 2] += f.length;
		ended += f.flags & END_STREAM;
		usleep(30000);
		if (f.length)
			u32_send(fd, NGHTTP2_WINDOW_UPDATE, 0, f.length);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(got[i], 1 << 18);
	close(fd);
}

static void answers_that_wait_have_a_measure(void **state)
{
	int fd = dial();
	(void)state;

	setting_send(fd, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0);
	for (uint32_t id = 1; id < 15; id += 2)
		get(fd, id, "/big");
	same_int("five wait, the sixth may come again", reset_of(fd, 11), NGHTTP2_REFUSED_STREAM);
	close(fd);
}

static void a_hundred_at_once(void **state)
{
	int fd = dial(), heads = atomic_load(&app.heads);
	struct frame f;
	(void)state;

	frame_of(fd, &f, NGHTTP2_SETTINGS, 0);
	assert_int_equal(f.payload[1], NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
	assert_int_equal(u32(f.payload + 2), 100);
	frame_send(fd, NGHTTP2_SETTINGS, ACK, 0, NULL, 0);
	for (uint32_t i = 0; i < 100; i++)
		get(fd, 2 * i + 1, "/stream/events");
	until("a hundred", &app.heads, heads + 100);
	get(fd, 201, "/stream/events");
	same_int("one more", goaway_of(fd), NGHTTP2_PROTOCOL_ERROR);
	same_int("was not looked at", atomic_load(&app.heads), heads + 100);
	close(fd);
}

/* --- times */

static void a_slow_body_ends_its_stream(void **state)
{
	int fd = dial();
	(void)state;

	headers_send(fd, 1, 0, ASK("POST", "/x"));
	data_send(fd, 1, 0, "ab");
	same_int("whole", reset_of(fd, 1), NGHTTP2_CANCEL);
	headers_send(fd, 3, 0, ASK("POST", "/stream"));
	data_send(fd, 3, 0, "ab");
	same_int("streamed", reset_of(fd, 3), NGHTTP2_CANCEL);
	get(fd, 5, "/never");
	wants("no answer", fd, 5, 503, "late");
	serves("and on it goes", fd, 7);
}

/* HTTP-38. Behind the begin of a head nothing else can come, so that is the connection's end. */
static void a_slow_head_ends_the_connection(void **state)
{
	char block[256];
	int fd = dial();
	(void)state;

	get(fd, 1, "/stream/events"); /* one that may be silent as long as it likes */
	frame_send(fd, NGHTTP2_HEADERS, END_STREAM, 3, block, block_of(ASK("GET", "/"), block));
	same_int("without an end", goaway_of(fd), NGHTTP2_ENHANCE_YOUR_CALM);
	close(fd);
}

static void silence_ends_the_connection(void **state)
{
	int64_t begun = time_mono_ms();
	int fd = dial();
	(void)state;

	same_int("no request", goaway_of(fd), NGHTTP2_NO_ERROR);
	assert_in_range(time_mono_ms() - begun, 500, 2500);
	close(fd);
	fd = dial();
	get(fd, 1, "/x");
	(void)answered(fd, 1);
	for (int i = 0; i < 4; i++) { /* which is no activity */
		usleep(100000);
		frame_send(fd, NGHTTP2_PING, 0, 0, "12345678", 8);
	}
	begun = time_mono_ms();
	same_int("none any more", goaway_of(fd), NGHTTP2_NO_ERROR);
	assert_true(time_mono_ms() - begun < 600);
	close(fd);
	fd = peer_dial(app.port);
	peer_say(fd, "PRI * HT");
	assert_string_equal(peer_hear(fd, NULL), "");
	close(fd);
}

static void a_stream_may_be_silent(void **state)
{
	int fd = dial();
	struct frame f;
	(void)state;

	get(fd, 1, "/stream/events");
	frame_of(fd, &f, NGHTTP2_HEADERS, 1);
	assert_true(peer_silent(fd, 1500) || (frame_read(fd, &f) && f.type != NGHTTP2_GOAWAY));
	serves("beside it", fd, 3);
}

/* --- what comes from inside */

static void revocations_cut_one_stream(void **state)
{
	static struct order other = { .task.run = give_notice, .id = 7 },
			    mine = { .task.run = give_notice, .id = 42 };
	int fd = dial();
	struct frame f;
	(void)state;

	headers_send(fd, 1, 0, ASK("POST", "/stream"));
	data_send(fd, 1, 0, "abc");
	frame_of(fd, &f, NGHTTP2_DATA, 1);
	loop_post(app.loop, &other.task);
	data_send(fd, 1, 0, "de");
	frame_of(fd, &f, NGHTTP2_DATA, 1);
	loop_post(app.loop, &mine.task);
	same_int("cut", reset_of(fd, 1), NGHTTP2_INTERNAL_ERROR);
	serves("and on it goes", fd, 3);
}

static void the_end_ends_streams_that_have_none_and_requests_go_on(void **state)
{
	static struct order end = { .task.run = drain };
	struct frame f;
	int fd;

	stop(state);
	start(state);
	fd = dial();
	get(fd, 1, "/stream/events");
	get(fd, 3, "/stream/events");
	frame_of(fd, &f, NGHTTP2_HEADERS, 1);
	frame_of(fd, &f, NGHTTP2_HEADERS, 3);
	headers_send(fd, 5, 0, ASK("POST", "/stream"));
	frame_of(fd, &f, NGHTTP2_HEADERS, 5);
	loop_post(app.loop, &end.task);
	for (uint32_t ended = 0; ended != (1 << 1 | 1 << 3);) {
		assert_true(frame_read(fd, &f));
		assert_int_not_equal(f.type, NGHTTP2_RST_STREAM);
		if (f.type == NGHTTP2_DATA) {
			assert_string_equal(f.payload, "bye");
			assert_int_equal(f.flags, END_STREAM);
			ended |= 1u << f.id;
		}
	}
	do
		frame_of(fd, &f, NGHTTP2_GOAWAY, 0);
	while (u32(f.payload) == 0x7fffffff);
	same_int("the last one that is served", u32(f.payload), 5);
	data_send(fd, 5, END_STREAM, "to its end");
	do
		frame_of(fd, &f, NGHTTP2_DATA, 5);
	while (!(f.flags & END_STREAM));
	assert_true(peer_ended(fd));
	close(fd);
	stop(state);
	start(state);
}

static void a_graceful_end_has_two_steps(void **state)
{
	static struct order end = { .task.run = drain };
	struct frame f;
	int fd;

	stop(state);
	start(state);
	fd = dial();
	headers_send(fd, 1, 0, ASK("POST", "/stream"));
	frame_of(fd, &f, NGHTTP2_HEADERS, 1);
	loop_post(app.loop, &end.task);
	frame_of(fd, &f, NGHTTP2_GOAWAY, 0);
	same_int("the first names no last stream", u32(f.payload), 0x7fffffff);
	get(fd, 3, "/on-its-way");
	wants("is still taken", fd, 3, 200, "/on-its-way");
	frame_of(fd, &f, NGHTTP2_GOAWAY, 0);
	same_int("the second does", u32(f.payload), 3);
	same_int("and has no reproach", u32(f.payload + 4), NGHTTP2_NO_ERROR);
	data_send(fd, 1, END_STREAM, "to its end");
	frame_of(fd, &f, NGHTTP2_DATA, 1);
	while (!(f.flags & END_STREAM))
		frame_of(fd, &f, NGHTTP2_DATA, 1);
	assert_true(peer_ended(fd));
	close(fd);
	stop(state);
	start(state);
}

/* --- clients that cost too much */

/* CVE-2023-44487: requests that are reset at once. */
static void rapid_resets(void **state)
{
	int fd = dial(), heads = atomic_load(&app.heads);
	(void)state;

	for (uint32_t i = 0; i < 1000; i++) {
		char block[256], p[4];
		size_t n = block_of(ASK("GET", "/never"), block);
		put_u32(p, NGHTTP2_CANCEL);
		if (!frame_try(fd, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 2 * i + 1, block, n) ||
		    !frame_try(fd, NGHTTP2_RST_STREAM, 0, 2 * i + 1, p, 4))
			break;
	}
	same_int("resets", goaway_of(fd), NGHTTP2_ENHANCE_YOUR_CALM);
	assert_in_range(atomic_load(&app.heads) - heads, 90, 120);
	close(fd);
}

/* CVE-2025-8671: the server is made to reset them. Each way that nghttp2 answers by a reset of one stream. */
static void made_resets(void **state)
{
	static const struct {
		const char *sentence;
		int type;
		const char *payload;
		size_t n;
	} rows[] = {
		{ "a window that overflows", NGHTTP2_WINDOW_UPDATE, "\x7f\xff\xff\xff", 4 },
		{ "more data than the length said", NGHTTP2_DATA, "abcdef", 6 },
	};
	(void)state;

	for (size_t k = 0; k < COUNT(rows); k++) {
		int fd = dial(), heads = atomic_load(&app.heads);
		for (uint32_t i = 0; i < 1000; i++) {
			char block[256];
			size_t n = block_of(ASK("POST", "/never") "content-length: 3\n", block);
			if (!frame_try(fd, NGHTTP2_HEADERS, END_HEADERS, 2 * i + 1, block, n) ||
			    !frame_try(fd, rows[k].type, 0, 2 * i + 1, rows[k].payload, rows[k].n))
				break;
		}
		same_int(rows[k].sentence, goaway_of(fd), NGHTTP2_ENHANCE_YOUR_CALM);
		holds(rows[k].sentence, atomic_load(&app.heads) - heads < 250);
		close(fd);
	}
}

/* OPS-12, CVE-2024-27316: a head without an end. */
static void endless_continuations(void **state)
{
	char block[256];
	int fd = dial(), sent = 0;
	(void)state;

	frame_send(fd, NGHTTP2_HEADERS, END_STREAM, 1, block, block_of(ASK("GET", "/"), block));
	size_t n = block_of("x-a: 1\n", block);
	while (sent < 100000 && frame_try(fd, NGHTTP2_CONTINUATION, 0, 1, block, n))
		sent++;
	same_int("CONTINUATION", goaway_of(fd), NGHTTP2_ENHANCE_YOUR_CALM);
	close(fd);
}

/*
 * Reads what is there, so that nothing waits but what the server makes of it; in step: until all that was sent has been seen,
 * or what answers it could pile up. The code of a GOAWAY, or UINT32_MAX.
 */
static uint32_t goaway_so_far(int fd, bool in_step)
{
	struct frame f;
	char byte;

	if (in_step && !frame_try(fd, NGHTTP2_PING, 0, 0, "in step!", 8))
		in_step = false;
	while (peer_readable(fd, in_step ? PEER_MS : 0) && recv(fd, &byte, 1, MSG_PEEK) > 0 &&
	    frame_read(fd, &f)) {
		if (f.type == NGHTTP2_GOAWAY)
			return u32(f.payload + 4);
		if (f.type == NGHTTP2_PING && memcmp(f.payload, "in step!", 8) == 0)
			return UINT32_MAX;
	}
	return UINT32_MAX;
}

/* OPS-12, CVE-2019-9512, -9513, -9515, -9518 and their like: each frame of these would be legal. */
static void floods(void **state)
{
	static const struct {
		const char *sentence;
		int type, flags;
		uint32_t id;
		const char *payload;
		size_t n;
		int cost; /* 0: of its bytes, for nghttp2 passes over it */
	} rows[] = {
		{ "PING", NGHTTP2_PING, 0, 0, "12345678", 8, H2_COST_PING },
		{ "SETTINGS", NGHTTP2_SETTINGS, 0, 0, "", 0, H2_COST_SETTINGS },
		{ "SETTINGS that change something", NGHTTP2_SETTINGS, 0, 0, "\0\1\0\0\0\0", 6,
		    H2_COST_SETTINGS },
		{ "answers to PINGs that nobody sent", NGHTTP2_PING, ACK, 0, "12345678", 8, H2_COST_PING },
		{ "empty DATA", NGHTTP2_DATA, 0, 1, "", 0, H2_COST_EMPTY },
		{ "DATA of padding alone", NGHTTP2_DATA, PADDED, 1, "\5\0\0\0\0\0", 6, H2_COST_EMPTY },
		{ "PRIORITY", NGHTTP2_PRIORITY, 0, 1, "\0\0\0\0\1", 5, 0 },
		{ "PRIORITY of streams to come", NGHTTP2_PRIORITY, 0, 77, "\0\0\0\0\1", 5, 0 },
		{ "small windows", NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\1", 4, H2_COST_WINDOW },
		{ "frames of no known type", 0x77, 0, 0, "12345678", 8, 0 },
	};
	(void)state;

	/* Twice what an account can pay by its price; what the bytes cost besides would still be little. */
	for (size_t k = 0; k < COUNT(rows); k++) {
		int fd = dial(), on = 1;
		size_t bytes = 9 + rows[k].n;
		size_t left = rows[k].cost ? 2 * H2_BUDGET_MAX / (size_t)rows[k].cost
					   : 2 * H2_BUDGET_MAX * (size_t)H2_INPUT_A_POINT / bytes;
		uint32_t code = UINT32_MAX;
		struct frame f;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		headers_send(fd, 1, 0, ASK("POST", "/stream/events"));
		for (size_t n = 1; code == UINT32_MAX && n <= left &&
		     frame_try(fd, rows[k].type, rows[k].flags, rows[k].id, rows[k].payload, rows[k].n);
		     n++)
			code = goaway_so_far(fd, rows[k].cost && n % 50 == 0);
		while (code == UINT32_MAX && peer_readable(fd, 1000) && frame_read(fd, &f))
			if (f.type == NGHTTP2_GOAWAY)
				code = u32(f.payload + 4);
		same_int(rows[k].sentence, code, NGHTTP2_ENHANCE_YOUR_CALM);
		close(fd);
	}
}

/* CVE-2019-9517 again: PINGs whose answers nobody reads. */
static void answers_that_nobody_reads(void **state)
{
	int fd = dial(), small = 4096;
	(void)state;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 200000 && frame_try(fd, NGHTTP2_PING, 0, 0, "12345678", 8); i++)
		;
	assert_int_equal(goaway_of(fd), NGHTTP2_ENHANCE_YOUR_CALM);
	close(fd);
}

/* OPS-12, CVE-2016-6581: one entry of the table, named ten thousand times. */
static void a_bomb_in_the_table(void **state)
{
	static char block[16384];
	char value[4000];
	size_t n = 0;
	int fd = dial(), heads = atomic_load(&app.heads);
	(void)state;

	memset(value, 'x', sizeof value);
	n = block_of(ASK("GET", "/"), block);
	block[n++] = 0x40; /* a literal that enters the table, RFC 7541 section 6.2.1 */
	block[n++] = 1;
	block[n++] = 'a';
	block[n++] = 0x7f; /* 127 and 3873 more */
	block[n++] = (char)0xa1;
	block[n++] = 0x1e;
	memcpy(block + n, value, sizeof value);
	n += sizeof value;
	memset(block + n, 0xbe, 10000); /* entry 62: four kilobytes a byte */
	frame_send(fd, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, n + 10000);
	same_int("a bomb", goaway_of(fd), NGHTTP2_ENHANCE_YOUR_CALM);
	same_int("is no request", atomic_load(&app.heads), heads);
	close(fd);
	/* A head that is only somewhat too large is answered. */
	fd = dial();
	frame_send(fd, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, n + 5);
	struct answer *a = answered(fd, 1);
	same("too large", (str){ a->body, a->n }, S("HTTP_HEAD_TOO_LARGE"));
	close(fd);
}

/* --- how it begins */

static void the_preface_may_come_in_pieces(void **state)
{
	int fd = peer_dial(app.port);
	(void)state;

	nghttp2_hd_inflate_del(table);
	assert_int_equal(nghttp2_hd_inflate_new(&table), 0);
	for (const char *p = WIRE_PREFACE; *p; p++) {
		peer_say_bytes(fd, p, 1);
		usleep(2000);
	}
	frame_send(fd, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
	serves("in pieces", fd, 1);
}

static void only_at_the_begin_and_only_exactly(void **state)
{
	static const struct {
		const char *sentence, *text;
	} rows[] = {
		{ "another version", "PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n" },
		{ "another end", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" },
		{ "behind a request", "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" WIRE_PREFACE },
		{ "HTTP-31: a request in the words of HTTP/2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int fd = peer_dial(app.port);
		peer_say(fd, rows[i].text);
		char *t = peer_hear(fd, NULL);
		holds(rows[i].sentence, strstr(t, "HTTP_VERSION") || strstr(t, "HTTP_MALFORMED"));
		close(fd);
	}
	/* Upgrade is not for us (RFC 9113 has taken it out): the request is answered, in its own version. */
	int fd = peer_dial(app.port);
	peer_say(fd,
	    "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
	    "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n");
	assert_non_null(strstr(peer_hear(fd, "/a"), "HTTP/1.1 200 OK"));
	close(fd);
}

static void clear_text_is_for_this_machine(void **state)
{
	static const struct {
		const char *ip;
		bool ok;
	} rows[] = { { "127.0.0.1", true }, { "127.9.9.9", true }, { "::1", true }, { "10.0.0.1", false },
		{ "192.0.2.1", false }, { "fd00::1", false }, { "169.254.1.1", false },
		{ "0.0.0.0", false } };
	struct addr a = { .family = ADDR_LOCAL };
	(void)state;

	assert_true(h2_clear_ok(&a));
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(addr_parse(str_of(rows[i].ip), &a), OK);
		holds(rows[i].ip, h2_clear_ok(&a) == rows[i].ok);
	}
}

#define TEST cmocka_unit_test

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(streams_are_answered_as_they_are_ready),
		TEST(bodies_come_whole),
		TEST(what_is_too_large_or_malformed_ends_its_stream_alone),
		TEST(a_field_that_is_none_ends_its_stream_alone),
		TEST(a_body_that_grows_too_large_is_refused),
		TEST(app_learns_of_who_left),
		TEST(who_sends_is_held_back),
		TEST(bodies_go_both_ways_as_the_windows_allow),
		TEST(who_takes_nothing_loses_the_stream),
		TEST(who_takes_slowly_gets_everything),
		TEST(answers_that_wait_have_a_measure),
		TEST(a_hundred_at_once),
		TEST(a_slow_body_ends_its_stream),
		TEST(a_slow_head_ends_the_connection),
		TEST(silence_ends_the_connection),
		TEST(a_stream_may_be_silent),
		TEST(revocations_cut_one_stream),
		TEST(the_end_ends_streams_that_have_none_and_requests_go_on),
		TEST(a_graceful_end_has_two_steps),
		TEST(rapid_resets),
		TEST(made_resets),
		TEST(endless_continuations),
		TEST(floods),
		TEST(answers_that_nobody_reads),
		TEST(a_bomb_in_the_table),
		TEST(the_preface_may_come_in_pieces),
		TEST(only_at_the_begin_and_only_exactly),
		TEST(clear_text_is_for_this_machine),
	};
	int failed = cmocka_run_group_tests(tests, start, stop);

	nghttp2_hd_inflate_del(table);
	return failed;
}
