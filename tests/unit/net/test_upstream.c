/* Requests to upstreams on a real loop and real sockets; the test plays the server, and skips time instead of waiting. */
#include "base/unit.h"
#include "clock.h"
#include "net/thread.h"
#include "net/upstream.h"
#include "peer.h"

static struct {
	struct loop *loop;
	struct pool *pool;
	struct resolver *resolver;
	struct thread thread;
	int listener, port;
} rig;

/* --- the owner of an upcall; everything of it is read and written under the lock */

enum when { NEVER_, AT_HEAD, AT_DATA, AT_TURN, AT_DRAINED };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;

struct owner {
	struct upcall *x;
	char log[512]; /* "head 200;end;" */
	char *body;
	size_t body_n;
	enum when drop; /* gives up at this moment */
	bool hold;      /* holds the rest back with the first of the body */
	bool patient;
	enum err at_head;
	struct owner *next; /* begins when this one ends, from inside `end` */
	struct upcall_want want;
	const char *text; /* the request */
};

static void note(struct owner *o, const char *what, int n)
{
	pthread_mutex_lock(&lock);
	size_t at = strlen(o->log);
	snprintf(o->log + at, sizeof o->log - at, n ? "%s %d;" : "%s;", what, n);
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&lock);
}

static bool give_up(struct owner *o, enum when now)
{
	if (o->drop != now)
		return false;
	upcall_drop(o->x);
	o->x = NULL;
	note(o, "dropped", 0);
	return true;
}

static void begin(struct owner *o);

static enum err on_head(void *arg, const struct http_res *res)
{
	struct owner *o = arg;

	note(o, "head", res->status);
	if (o->patient)
		upcall_patient(o->x);
	(void)give_up(o, AT_HEAD);
	return o->at_head;
}

static void on_data(void *arg, str data)
{
	struct owner *o = arg;

	pthread_mutex_lock(&lock);
	o->body = realloc(o->body, o->body_n + data.n + 1);
	memcpy(o->body + o->body_n, data.p, data.n);
	o->body_n += data.n;
	o->body[o->body_n] = '\0';
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&lock);
	if (!give_up(o, AT_DATA) && o->hold)
		upcall_want_more(o->x, false);
}

static void on_turn(void *arg)
{
	(void)give_up(arg, AT_TURN);
}

static void on_end(void *arg)
{
	struct owner *o = arg;

	o->x = NULL;
	note(o, "end", 0);
	if (o->next)
		begin(o->next);
}

static void on_failed(void *arg, enum err e, bool again)
{
	struct owner *o = arg;

	o->x = NULL;
	note(o, err_row(e)->name, 0);
	if (again)
		note(o, "again", 0);
}

static void on_drained(void *arg)
{
	struct owner *o = arg;

	note(o, "drained", 0);
	(void)give_up(o, AT_DRAINED);
}

static const struct upcall_ops ops = { on_head, on_data, on_turn, on_end, on_failed, on_drained };

static void begin(struct owner *o)
{
	if (o->want.host.n == 0)
		o->want.host = S("127.0.0.1");
	if (o->want.port == 0)
		o->want.port = rig.port;
	if (o->want.head_ms == 0)
		o->want.head_ms = 60000;
	if (o->want.body_ms == 0)
		o->want.body_ms = 60000;
	o->x = upcall_start(rig.pool, &o->want, &ops, o);
	if (!o->x) {
		note(o, "none", 0);
		return;
	}
	if (!o->text)
		return;
	buf_put(upcall_out(o->x), str_of(o->text));
	upcall_sent(o->x);
}

/* --- the loop's thread, and how the test speaks to it */

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

/* Does it on the loop, and waits until it is done. */
static void on_loop(void (*fn)(void *arg), void *arg)
{
	struct order o = { .task.run = obey, .fn = fn, .arg = arg };

	loop_post(rig.loop, &o.task);
	pthread_mutex_lock(&lock);
	while (!o.done)
		pthread_cond_wait(&change, &lock);
	pthread_mutex_unlock(&lock);
}

static void nothing(void *arg)
{
	(void)arg;
}

/* The loop has seen what has happened up to now, and rung the timers that are due. */
static void settle(void)
{
	for (int i = 0; i < 3; i++)
		on_loop(nothing, NULL);
}

static void pass(int64_t ms)
{
	settle();
	clock_skip(ms);
	settle();
}

static void begin_one(void *arg)
{
	begin(arg);
}

static void ask(struct owner *o, const char *text)
{
	o->text = text;
	on_loop(begin_one, o);
}

static void drop_one(void *arg)
{
	struct owner *o = arg;

	if (o->x)
		upcall_drop(o->x);
	o->x = NULL;
}

static void go_on(void *arg)
{
	struct owner *o = arg;

	o->hold = false;
	if (o->x)
		upcall_want_more(o->x, true);
}

/* Until the log is this, or five seconds have passed. */
static void wait_log(struct owner *o, const char *want)
{
	struct timespec until;
	char log[sizeof o->log];

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	pthread_mutex_lock(&lock);
	while (strcmp(o->log, want) != 0 && pthread_cond_timedwait(&change, &lock, &until) == 0)
		;
	memcpy(log, o->log, sizeof log);
	pthread_mutex_unlock(&lock);
	if (strcmp(log, want) != 0)
		fail_msg("waited for '%s', the log says '%s'", want, log);
}

static void wait_body(struct owner *o, size_t n)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	pthread_mutex_lock(&lock);
	while (o->body_n < n)
		if (pthread_cond_timedwait(&change, &lock, &until) != 0)
			break;
	size_t got = o->body_n;
	pthread_mutex_unlock(&lock);
	if (got < n)
		fail_msg("waited for %zu bytes, %zu came", n, got);
}

static void body_is(struct owner *o, const char *want)
{
	same("the body", (str){ o->body, o->body_n }, str_of(want));
}

static void forget(struct owner *o)
{
	on_loop(drop_one, o);
	free(o->body);
	o->body = NULL;
}

static void count_idle(void *arg)
{
	*(size_t *)arg = pool_idle(rig.pool);
}

static size_t idle(void)
{
	size_t n;

	on_loop(count_idle, &n);
	return n;
}

static void run_loop(void *arg)
{
	(void)arg;
	loop_run(rig.loop);
}

static int start(void **state)
{
	(void)state;
	assert_int_equal(loop_new(&rig.loop), OK);
	rig.resolver = resolver_new();
	rig.pool = pool_new(rig.loop, rig.resolver);
	rig.port = 0;
	rig.listener = peer_listen("127.0.0.1", &rig.port);
	rig.thread = (struct thread){ .name = "loop", .run = run_loop };
	return thread_start(&rig.thread) == OK ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	loop_stop(rig.loop);
	thread_join(&rig.thread);
	pool_free(rig.pool);
	loop_free(rig.loop);
	resolver_free(rig.resolver);
	close(rig.listener);
	return 0;
}

#define GET "GET /mcp HTTP/1.1\r\nHost: x\r\n\r\n"
#define OK_2 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

/* --- answers */

static void an_answer_comes_and_its_connection_is_used_again(void **state)
{
	struct owner a = { 0 }, b = { 0 };
	(void)state;

	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_hear(s, GET);
	peer_say(s, OK_2 "hi");
	wait_log(&a, "head 200;end;");
	body_is(&a, "hi");
	assert_int_equal(idle(), 1);
	ask(&b, GET);
	peer_hear(s, GET);
	assert_int_equal(idle(), 0);
	peer_say(s, OK_2 "ho");
	wait_log(&b, "head 200;end;");
	body_is(&b, "ho");
	assert_true(peer_silent(rig.listener, 0));
	forget(&a);
	forget(&b);
	close(s);
}

static void single_bytes_are_read_like_a_whole(void **state)
{
	struct owner a = { 0 };
	(void)state;

	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_hear(s, GET);
	peer_say_slowly(s,
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Trailer: t\r\n\r\n");
	wait_log(&a, "head 200;end;");
	body_is(&a, "abcdefg");
	assert_int_equal(idle(), 1);
	forget(&a);
	close(s);
}

static void every_way_to_end_an_answer(void **state)
{
	static const struct {
		const char *sentence, *answer, *log, *body;
		bool to_head, close, kept;
	} rows[] = {
		{ "HEAD has no body, whatever its length says",
		    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "head 200;end;", "", .to_head = true,
		    .kept = true },
		{ "HEAD has no chunks either", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		    "head 200;end;", "", .to_head = true, .kept = true },
		{ "204 has no body", "HTTP/1.1 204 No Content\r\n\r\n", "head 204;end;", "", .kept = true },
		{ "304 has no body, whatever its length says",
		    "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "head 304;end;", "",
		    .kept = true },
		{ "202 with nothing in it", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
		    "head 202;end;", "", .kept = true },
		{ "a body that ends with the connection", "HTTP/1.1 200 OK\r\n\r\nabc", "head 200;end;",
		    "abc", .close = true },
		{ "a server that will close",
		    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", "head 200;end;",
		    "abc" },
		{ "HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", "head 200;end;", "abc" },
		{ "HTTP/1.0 that goes on",
		    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
		    "head 200;end;", "abc", .kept = true },
		{ "more than was announced is nobody's, and the connection's end",
		    OK_2 "hiHTTP/1.1 200 OK\r\n\r\n", "head 200;end;", "hi" },
		{ "more behind the last chunk too",
		    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nx",
		    "head 200;end;", "hi" },
		{ "a body behind 204", "HTTP/1.1 204 No Content\r\n\r\nbody", "head 204;end;", "" },
		{ "101 that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
		    "UPSTREAM_BROKEN;", "" },
		{ "no HTTP at all", "SSH-2.0-OpenSSH_9.2\r\n", "UPSTREAM_BROKEN;", "" },
		{ "a length and a coding",
		    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		    "UPSTREAM_BROKEN;", "" },
		{ "closed before the head is whole", "HTTP/1.1 200 OK\r\nContent-", "UPSTREAM_BROKEN;", "",
		    .close = true },
		{ "closed without a word", "", "UPSTREAM_BROKEN;", "", .close = true },
		{ "closed within a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
		    "head 200;UPSTREAM_BROKEN;", "abc", .close = true },
		{ "closed within the chunks",
		    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
		    "head 200;UPSTREAM_BROKEN;", "abc", .close = true },
		{ "a broken chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n",
		    "head 200;UPSTREAM_BROKEN;", "abc" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct owner a = { .want.to_head = rows[i].to_head, .want.fresh = true };
		ask(&a, GET);
		int s = peer_accept(rig.listener);
		peer_hear(s, GET);
		peer_say(s, rows[i].answer);
		if (rows[i].close)
			close(s);
		wait_log(&a, rows[i].log);
		same(rows[i].sentence, (str){ a.body, a.body_n }, str_of(rows[i].body));
		holds(rows[i].sentence, idle() == (rows[i].kept ? 1 : 0));
		if (!rows[i].close) {
			holds(rows[i].sentence, rows[i].kept || peer_ended(s));
			close(s);
		}
		while (idle())
			usleep(1000);
		forget(&a);
	}
}

static void a_head_that_does_not_end_is_broken(void **state)
{
	static char junk[20000];
	struct owner a = { 0 };
	(void)state;

	memset(junk, 'x', sizeof junk);
	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_say(s, "HTTP/1.1 200 OK\r\nX-Long: ");
	peer_say_bytes(s, junk, sizeof junk);
	wait_log(&a, "UPSTREAM_BROKEN;");
	forget(&a);
	close(s);
}

static void an_error_of_the_head_ends_it_with_that_error(void **state)
{
	struct owner a = { .at_head = ERR_UPSTREAM_REFUSED };
	(void)state;

	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_hear(s, GET);
	peer_say(s, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
	wait_log(&a, "head 401;UPSTREAM_REFUSED;");
	assert_true(peer_ended(s));
	assert_int_equal(idle(), 0);
	forget(&a);
	close(s);
}

/* --- kept connections */

static void kept(struct owner *a, int *s)
{
	ask(a, GET);
	*s = peer_accept(rig.listener);
	peer_hear(*s, GET);
	peer_say(*s, OK_2 "hi");
	wait_log(a, "head 200;end;");
	assert_int_equal(idle(), 1);
}

static void a_kept_connection_that_speaks_or_ends_is_closed(void **state)
{
	struct owner a = { 0 };
	int s;
	(void)state;

	kept(&a, &s);
	peer_say(s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	while (idle())
		usleep(1000);
	close(s);
	forget(&a);
	a = (struct owner){ 0 };
	kept(&a, &s);
	close(s);
	while (idle())
		usleep(1000);
	forget(&a);
	a = (struct owner){ 0 };
	kept(&a, &s);
	peer_reset(s);
	while (idle())
		usleep(1000);
	forget(&a);
	a = (struct owner){ 0 };
	kept(&a, &s);
	pass(4200); /* before the servers' five seconds are over */
	assert_int_equal(idle(), 0);
	assert_true(peer_ended(s));
	close(s);
	forget(&a);
}

struct late {
	struct owner *o;
	int fd;
	bool reset;
};

/* The server's end comes while the loop is busy: it does not know yet. */
static void begin_behind_the_end(void *arg)
{
	struct late *l = arg;

	if (l->reset)
		peer_reset(l->fd);
	else
		close(l->fd);
	begin(l->o);
}

static void a_connection_that_ended_before_the_request_is_told_to_be_tried_again(void **state)
{
	struct owner a = { 0 }, b = { .text = GET };
	int s;
	(void)state;

	kept(&a, &s);
	on_loop(begin_behind_the_end, &(struct late){ .o = &b, .fd = s });
	wait_log(&b, "UPSTREAM_BROKEN;again;");
	forget(&b);
	forget(&a);
	a = (struct owner){ 0 };
	b = (struct owner){ .text = GET };
	kept(&a, &s); /* and with a reset: nothing could be written */
	on_loop(begin_behind_the_end, &(struct late){ .o = &b, .fd = s, .reset = true });
	wait_log(&b, "UPSTREAM_BROKEN;again;");
	forget(&b);
	forget(&a);
}

static void who_cannot_ask_again_looks_first(void **state)
{
	struct owner a = { 0 }, b = { .text = GET, .want.sure = true };
	int s;
	(void)state;

	kept(&a, &s);
	on_loop(begin_behind_the_end, &(struct late){ .o = &b, .fd = s });
	s = peer_accept(rig.listener);
	peer_hear(s, GET);
	peer_say(s, OK_2 "ho");
	wait_log(&b, "head 200;end;");
	forget(&b);
	forget(&a);
	close(s);
}

static void what_the_server_has_seen_is_asked_again_only_when_it_may_be_done_twice(void **state)
{
	static const struct {
		const char *sentence;
		bool twice, reset;
		const char *log;
	} rows[] = {
		{ "read, then closed", false, false, "UPSTREAM_BROKEN;" },
		{ "read, then reset", false, true, "UPSTREAM_BROKEN;" },
		{ "idempotent, read, then closed", true, false, "UPSTREAM_BROKEN;again;" },
		{ "idempotent, read, then reset", true, true, "UPSTREAM_BROKEN;again;" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct owner a = { 0 }, b = { .want.twice = rows[i].twice };
		int s;
		kept(&a, &s);
		ask(&b, GET);
		peer_hear(s, GET);
		if (rows[i].reset)
			peer_reset(s);
		else
			close(s);
		wait_log(&b, rows[i].log);
		forget(&b);
		forget(&a);
	}
}

static void a_fresh_connection_that_ends_is_not_asked_again(void **state)
{
	struct owner a = { .want.twice = true };
	(void)state;

	ask(&a, GET);
	close(peer_accept(rig.listener));
	wait_log(&a, "UPSTREAM_BROKEN;");
	forget(&a);
}

static void connections_of_another_server_are_left_alone(void **state)
{
	struct owner a = { 0 }, b = { .want.port = 0 };
	int other_port = 0, other = peer_listen("127.0.0.1", &other_port), s;
	(void)state;

	kept(&a, &s);
	b.want.port = other_port;
	ask(&b, GET);
	int o = peer_accept(other);
	peer_say(o, OK_2 "ho");
	wait_log(&b, "head 200;end;");
	assert_int_equal(idle(), 2);
	forget(&a);
	forget(&b);
	close(s);
	close(o);
	close(other);
}

static void the_next_request_may_begin_inside_the_end_of_the_last(void **state)
{
	struct owner b = { .text = GET }, a = { .next = &b };
	(void)state;

	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_hear(s, GET);
	peer_say(s, OK_2 "hi");
	peer_hear(s, GET);
	peer_say(s, OK_2 "ho");
	wait_log(&b, "head 200;end;");
	body_is(&a, "hi");
	body_is(&b, "ho");
	forget(&a);
	forget(&b);
	close(s);
}

/* --- addresses */

/* Whether the call itself or the next turn of the loop says so is the kernel's choice. */
static void a_closed_port_is_known_at_once(void **state)
{
	struct owner a = { 0 };
	int port = 0;
	(void)state;

	close(peer_listen("127.0.0.1", &port));
	a.want.port = port;
	ask(&a, GET);
	settle();
	if (strcmp(a.log, "none;") != 0)
		wait_log(&a, "UPSTREAM_DOWN;");
	forget(&a);
}

static void localhost_is_tried_on_both_addresses(void **state)
{
	struct owner a = { .want.host = S("localhost") };
	int port = 0, six = peer_listen("::1", &port);
	(void)state;

	a.want.port = port;
	ask(&a, GET);
	int s = peer_accept(six);
	peer_hear(s, GET);
	peer_say(s, OK_2 "hi");
	wait_log(&a, "head 200;end;");
	forget(&a);
	close(s);
	close(six);
}

/* A listener whose queue is full drops what knocks: the nearest thing to a host that does not answer. */
static void a_host_that_does_not_answer_is_given_up(void **state)
{
	struct owner a = { 0 };
	int waiting[4], port = 0, full = peer_listen("127.0.0.1", &port);
	(void)state;

	assert_int_equal(listen(full, 0), 0);
	waiting[0] = peer_dial(port);
	a.want.port = port;
	ask(&a, GET);
	assert_int_equal(idle(), 0);
	pass(4000);
	wait_log(&a, "");
	pass(1500);
	wait_log(&a, "UPSTREAM_DOWN;");
	forget(&a);
	close(waiting[0]);
	close(full);
}

/* --- time */

static void an_answer_that_does_not_begin_is_slow(void **state)
{
	struct owner a = { .want.head_ms = 1000 };
	(void)state;

	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_hear(s, GET);
	pass(900);
	wait_log(&a, "");
	pass(300);
	wait_log(&a, "UPSTREAM_SLOW;");
	assert_true(peer_ended(s));
	forget(&a);
	close(s);
}

static void a_request_that_does_not_end_is_not_the_servers_fault(void **state)
{
	struct owner a = { .want.head_ms = 1000 };
	(void)state;

	ask(&a, NULL);
	int s = peer_accept(rig.listener);
	pass(100000);
	wait_log(&a, "");
	forget(&a);
	close(s);
}

static void an_answer_that_stops_in_the_middle_is_slow(void **state)
{
	struct owner a = { .want.body_ms = 1000 };
	(void)state;

	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_hear(s, GET);
	peer_say(s, OK_2 "h");
	wait_body(&a, 1);
	pass(1200);
	wait_log(&a, "head 200;UPSTREAM_SLOW;");
	forget(&a);
	close(s);
}

static void silence_counts_only_while_we_listen(void **state)
{
	struct owner a = { .want.body_ms = 1000, .hold = true };
	(void)state;

	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_hear(s, GET);
	peer_say(s, OK_2 "h");
	wait_body(&a, 1);
	pass(100000);
	wait_log(&a, "head 200;");
	on_loop(go_on, &a);
	pass(900);
	wait_log(&a, "head 200;");
	peer_say(s, "i");
	wait_log(&a, "head 200;end;");
	forget(&a);
	close(s);
}

static void an_event_stream_may_be_silent(void **state)
{
	struct owner a = { .want.body_ms = 1000, .patient = true };
	(void)state;

	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_hear(s, GET);
	peer_say(s, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n:\r\n");
	wait_body(&a, 1);
	pass(1000000);
	peer_say(s, "1\r\n:\r\n0\r\n\r\n");
	wait_log(&a, "head 200;end;");
	forget(&a);
	close(s);
}

/* --- back-pressure */

struct load {
	struct owner *o;
	size_t n; /* what was accepted before it was told to stop */
};

static char bytes[65536];

/* As much as there is room for. */
static void send_much(void *arg)
{
	struct load *l = arg;
	str part = { bytes, sizeof bytes };
	bool room = true;

	while (room) {
		room = upcall_send(l->o->x, &part, 1);
		l->n += sizeof bytes;
		assert_true(l->n < 64 << 20);
	}
}

static void finish_request(void *arg)
{
	upcall_sent(((struct owner *)arg)->x);
}

static void a_server_that_reads_slowly_holds_the_request_back(void **state)
{
	struct owner a = { 0 };
	struct load l = { .o = &a };
	(void)state;

	ask(&a, NULL);
	int s = peer_accept(rig.listener);
	on_loop(send_much, &l);
	peer_skip(s, l.n);
	wait_log(&a, "drained;");
	on_loop(finish_request, &a);
	peer_say(s, OK_2 "hi");
	wait_log(&a, "drained;head 200;end;");
	assert_int_equal(idle(), 1);
	forget(&a);
	close(s);
}

static void a_server_that_reads_nothing_is_slow(void **state)
{
	struct owner a = { .want.head_ms = 1000 };
	struct load l = { .o = &a };
	bool more = true;
	(void)state;

	ask(&a, NULL);
	int s = peer_accept(rig.listener);
	/* The kernel's buffers grow for a while. */
	while (more) {
		on_loop(send_much, &l);
		usleep(50000);
		pthread_mutex_lock(&lock);
		more = a.log[0] != '\0';
		a.log[0] = '\0';
		pthread_mutex_unlock(&lock);
	}
	pass(1200);
	wait_log(&a, "UPSTREAM_SLOW;");
	forget(&a);
	close(s);
}

static void what_waits_for_the_connection_is_bounded_too(void **state)
{
	struct owner a = { .want.host = S("127.0.0.1") };
	struct load l = { .o = &a };
	int port = 0, full = peer_listen("127.0.0.1", &port);
	(void)state;

	assert_int_equal(listen(full, 0), 0);
	int first = peer_dial(port);
	a.want.port = port;
	ask(&a, NULL);
	on_loop(send_much, &l);
	assert_true(l.n <= 2 * sizeof bytes);
	forget(&a);
	close(first);
	close(full);
}

static void an_answer_is_held_back_and_then_comes_whole(void **state)
{
	struct owner a = { .hold = true };
	char head[100];
	(void)state;

	ask(&a, GET);
	int s = peer_accept(rig.listener);
	peer_hear(s, GET);
	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", 20 * sizeof bytes);
	peer_say(s, head);
	peer_say_bytes(s, bytes, sizeof bytes);
	wait_body(&a, 1);
	usleep(20000);
	pthread_mutex_lock(&lock);
	size_t held_at = a.body_n;
	pthread_mutex_unlock(&lock);
	assert_true(held_at <= sizeof bytes);
	on_loop(go_on, &a);
	for (int i = 1; i < 20; i++)
		peer_say_bytes(s, bytes, sizeof bytes);
	wait_log(&a, "head 200;end;");
	assert_int_equal(a.body_n, 20 * sizeof bytes);
	forget(&a);
	close(s);
}

/* --- early ends */

static void an_early_answer_ends_the_request(void **state)
{
	struct owner a = { 0 };
	(void)state;

	ask(&a, NULL);
	int s = peer_accept(rig.listener);
	peer_say(s, OK_2 "no");
	wait_log(&a, "head 200;end;");
	body_is(&a, "no");
	assert_int_equal(idle(), 0); /* the server still waits for the rest of the request */
	assert_true(peer_ended(s));
	forget(&a);
	close(s);
}

/* All of it while the loop is busy, which sends without knowing. */
static void answer_and_shut(void *arg)
{
	struct late *l = arg;
	str part = { bytes, sizeof bytes };

	peer_say(l->fd, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
	shutdown(l->fd, SHUT_RDWR);
	(void)upcall_send(l->o->x, &part, 1);
	usleep(10000);
	assert_true(upcall_send(l->o->x, &part, 1)); /* to nobody, so nothing waits */
}

static void an_early_answer_is_read_although_the_server_takes_no_more(void **state)
{
	struct owner a = { 0 };
	(void)state;

	ask(&a, NULL);
	int s = peer_accept(rig.listener);
	settle();
	on_loop(answer_and_shut, &(struct late){ .o = &a, .fd = s });
	wait_log(&a, "head 413;end;");
	body_is(&a, "no");
	forget(&a);
	close(s);
}

/* The socket has an error and still holds bytes: more of them than one read takes. */
static void what_came_before_a_reset_is_read_and_then_the_reset(void **state)
{
	struct owner a = { 0 };
	(void)state;

	for (int i = 0; i < 5; i++) {
		a = (struct owner){ .hold = i & 1 };
		ask(&a, GET);
		int s = peer_accept(rig.listener);
		peer_hear(s, GET);
		peer_say(s, "HTTP/1.1 200 OK\r\n\r\n");
		peer_say_bytes(s, bytes, sizeof bytes);
		peer_say_bytes(s, bytes, sizeof bytes);
		peer_say_bytes(s, bytes, sizeof bytes);
		peer_reset(s);
		if (a.hold) {
			wait_body(&a, 1);
			on_loop(go_on, &a);
		}
		wait_log(&a, "head 200;UPSTREAM_BROKEN;");
		forget(&a);
	}
}

static void an_owner_may_give_up_at_any_moment(void **state)
{
	static const struct {
		enum when drop;
		const char *log;
	} rows[] = { { AT_HEAD, "head 200;dropped;" }, { AT_DATA, "head 200;dropped;" },
		{ AT_TURN, "head 200;dropped;" } };
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		for (int chunked = 0; chunked < 2; chunked++) {
			struct owner a = { .drop = rows[i].drop };
			ask(&a, GET);
			int s = peer_accept(rig.listener);
			peer_say(s,
			    chunked
				? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n"
				: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
			wait_log(&a, rows[i].log);
			forget(&a);
			close(s);
		}
	struct owner a = { .drop = AT_DRAINED };
	struct load l = { .o = &a };
	ask(&a, NULL);
	int s = peer_accept(rig.listener);
	on_loop(send_much, &l);
	char *room = malloc(l.n);
	while (recv(s, room, l.n, 0) > 0)
		;
	wait_log(&a, "drained;dropped;");
	free(room);
	forget(&a);
	close(s);
}

static void the_end_of_the_pool_ends_all(void **state)
{
	struct owner a = { 0 }, b = { .want.fresh = true }, c = { 0 };
	int s, port = 0, full = peer_listen("127.0.0.1", &port);
	(void)state;

	kept(&a, &s);
	ask(&b, GET);
	assert_int_equal(listen(full, 0), 0);
	int first = peer_dial(port);
	c.want.port = port;
	ask(&c, GET); /* connecting */
	assert_int_equal(stop(NULL), 0);
	assert_string_equal(b.log, "");
	assert_string_equal(c.log, "");
	assert_int_equal(start(NULL), 0);
	close(first);
	close(full);
	close(s);
	free(a.body);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_comes_and_its_connection_is_used_again),
		TEST(single_bytes_are_read_like_a_whole),
		TEST(every_way_to_end_an_answer),
		TEST(a_head_that_does_not_end_is_broken),
		TEST(an_error_of_the_head_ends_it_with_that_error),
		TEST(a_kept_connection_that_speaks_or_ends_is_closed),
		TEST(a_connection_that_ended_before_the_request_is_told_to_be_tried_again),
		TEST(who_cannot_ask_again_looks_first),
		TEST(what_the_server_has_seen_is_asked_again_only_when_it_may_be_done_twice),
		TEST(a_fresh_connection_that_ends_is_not_asked_again),
		TEST(connections_of_another_server_are_left_alone),
		TEST(the_next_request_may_begin_inside_the_end_of_the_last),
		TEST(a_closed_port_is_known_at_once),
		TEST(localhost_is_tried_on_both_addresses),
		TEST(a_host_that_does_not_answer_is_given_up),
		TEST(an_answer_that_does_not_begin_is_slow),
		TEST(a_request_that_does_not_end_is_not_the_servers_fault),
		TEST(an_answer_that_stops_in_the_middle_is_slow),
		TEST(silence_counts_only_while_we_listen),
		TEST(an_event_stream_may_be_silent),
		TEST(a_server_that_reads_slowly_holds_the_request_back),
		TEST(a_server_that_reads_nothing_is_slow),
		TEST(what_waits_for_the_connection_is_bounded_too),
		TEST(an_answer_is_held_back_and_then_comes_whole),
		TEST(an_early_answer_ends_the_request),
		TEST(an_early_answer_is_read_although_the_server_takes_no_more),
		TEST(what_came_before_a_reset_is_read_and_then_the_reset),
		TEST(an_owner_may_give_up_at_any_moment),
		TEST(the_end_of_the_pool_ends_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
