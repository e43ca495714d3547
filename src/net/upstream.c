#include "net/upstream.h"

#include "http/chunk.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE ((size_t)65536)
#define SEND_HIGH ((size_t)65536)
#define CONNECT_MS 5000
#define IDLE_MS 4000   /* below the 5 s after which Node servers close: a kept connection that dies under a POST cannot be asked again */
#define IDLE_MAX 256   /* kept connections of one loop */
#define HEAD_ARENA ((size_t)65536)

enum state {
	RESOLVING,
	CONNECTING,
	HEAD,   /* the request may still be going out */
	BODY,
	IDLE,
	GONE,
};

/* A socket and its watch, which the loop lets go of in its own time: a second address gets a second one. */
struct line {
	struct watch watch; /* first */
	struct upcall *x; /* to be freed with it when it is the last; NULL: was given up for the next address */
	int fd;
};

struct upcall {
	struct line *line; /* NULL until there is a socket */
	struct timer timer;
	struct resolve question;
	struct pool *pool;
	struct upcall *next, **link; /* of the pool's list of idle ones, or of busy ones */
	const struct upcall_ops *ops;
	void *arg;
	struct upcall_want want; /* host points into `host` */
	char host[256];
	struct addr tried[RESOLVE_MAX];
	size_t addr_count, addr_at;
	enum err late;       /* failed is told in a later turn */
	enum state state;
	bool kept;           /* came from the pool */
	bool answered;       /* a byte of the answer has come */
	bool sent;           /* the request is complete */
	bool paused, held, asking, keep, failing;
	bool ended_by_close; /* the body ends with the connection */
	struct buf in, out;  /* heap */
	size_t scan;
	struct chunk_reader chunk;
	bool chunked;
	int64_t left;        /* of a Content-Length */
};

struct pool {
	struct loop *loop;
	struct resolver *resolver;
	struct upcall *idle, *busy;
	size_t idle_count;
	bool closing;
	char *buffer;
};

static void on_ready(struct watch *w, int events);
static void on_timer(struct timer *t);
static void connect_next(struct upcall *x);

static struct upcall *of_timer(struct timer *t)
{
	return (struct upcall *)(void *)((char *)t - offsetof(struct upcall, timer));
}

struct pool *pool_new(struct loop *l, struct resolver *r)
{
	struct pool *p = calloc(1, sizeof *p);

	if (!p || !(p->buffer = malloc(READ_SIZE)))
		abort();
	p->loop = l;
	p->resolver = r;
	return p;
}

static void list_in(struct upcall **list, struct upcall *x)
{
	x->next = *list;
	x->link = list;
	if (x->next)
		x->next->link = &x->next;
	*list = x;
}

static void list_out(struct upcall *x)
{
	if (!x->link)
		return;
	*x->link = x->next;
	if (x->next)
		x->next->link = x->link;
	x->link = NULL;
}

static void free_upcall(struct upcall *x)
{
	buf_free(&x->in);
	buf_free(&x->out);
	free(x);
}

static void gone(struct watch *w)
{
	struct line *line = (struct line *)(void *)w;

	if (line->x)
		free_upcall(line->x);
	free(line);
}

static void hang_up(struct upcall *x, bool last)
{
	struct line *line = x->line;

	x->line = NULL;
	line->x = last ? x : NULL;
	watch_close(&line->watch, gone);
	close(line->fd);
}

/* Ends the connection; the memory goes when the loop has let go of it, or when the resolver has answered. */
static void shut(struct upcall *x)
{
	if (x->state == GONE)
		return;
	if (x->state == IDLE)
		x->pool->idle_count--;
	x->state = GONE;
	list_out(x);
	loop_timer_drop(x->pool->loop, &x->timer);
	if (x->line)
		hang_up(x, true);
	else if (!x->asking)
		free_upcall(x);
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	while (p->idle)
		shut(p->idle);
	while (p->busy)
		shut(p->busy);
	free(p->buffer);
	free(p);
}

static void fail(struct upcall *x, enum err e, bool stale)
{
	if (x->state == GONE)
		return;
	const struct upcall_ops *ops = x->ops;
	void *arg = x->arg;

	shut(x);
	ops->failed(arg, e, stale);
}

/* Told in a later turn, so that upcall_start never calls its owner back. */
static void fail_later(struct upcall *x, enum err e)
{
	x->late = e;
	loop_timer(x->pool->loop, &x->timer, 0);
}

static void listen_for(struct upcall *x)
{
	int events = x->out.n && x->state != CONNECTING ? WATCH_WRITE : 0;

	if (x->state == CONNECTING)
		events = WATCH_WRITE;
	else if (!x->paused)
		events |= WATCH_READ;
	watch_set(&x->line->watch, events);
}

static void flush(struct upcall *x)
{
	while (x->out.n) {
		ssize_t n = send(x->line->fd, x->out.p, x->out.n, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0) {
			/* Reading will tell: an early answer may stand there, or the end. */
			x->out.n = 0;
			break;
		}
		buf_shift(&x->out, (size_t)n);
	}
	listen_for(x);
	if (x->held && x->out.n <= SEND_HIGH / 2) {
		x->held = false;
		x->ops->drained(x->arg);
	}
}

static void connected(struct upcall *x)
{
	int on = 1;

	(void)setsockopt(x->line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	x->state = HEAD;
	if (x->sent)
		loop_timer(x->pool->loop, &x->timer, x->want.head_ms);
	else
		loop_timer_drop(x->pool->loop, &x->timer);
	flush(x);
}

static void connect_next(struct upcall *x)
{
	struct sockaddr_storage sa;

	if (x->line)
		hang_up(x, false);
	while (x->addr_at < x->addr_count) {
		struct addr *a = &x->tried[x->addr_at++];
		a->port = x->want.port;
		size_t n = addr_to(a, &sa);
		int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		if (connect(fd, (struct sockaddr *)&sa, (socklen_t)n) != 0 && errno != EINPROGRESS) {
			close(fd);
			continue;
		}
		struct line *line = calloc(1, sizeof *line);
		if (!line)
			abort();
		*line = (struct line){ .x = x, .fd = fd };
		if (watch_open(x->pool->loop, &line->watch, fd, WATCH_WRITE, on_ready) != OK) {
			close(fd);
			free(line);
			continue;
		}
		x->line = line;
		x->state = CONNECTING;
		loop_timer(x->pool->loop, &x->timer, CONNECT_MS);
		return;
	}
	fail_later(x, ERR_UPSTREAM_DOWN);
}

static void on_resolved(struct resolve *q)
{
	struct upcall *x = (struct upcall *)(void *)((char *)q - offsetof(struct upcall, question));

	x->asking = false;
	if (x->state == GONE) {
		free_upcall(x);
		return;
	}
	memcpy(x->tried, q->found, sizeof x->tried);
	x->addr_count = q->count;
	connect_next(x);
}

/* A kept connection to the same place that the server has not closed meanwhile. */
static struct upcall *take_idle(struct pool *p, const struct upcall_want *want)
{
	char byte;

	for (struct upcall *x = p->idle, *next; x; x = next) {
		next = x->next;
		if (x->want.port != want->port || !str_ieq(str_of(x->host), want->host))
			continue;
		if (recv(x->line->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) {
			shut(x); /* closed, or says something nobody asked for */
			continue;
		}
		list_out(x);
		p->idle_count--;
		loop_timer_drop(p->loop, &x->timer);
		return x;
	}
	return NULL;
}

static struct upcall *make(struct pool *p, const struct upcall_want *want)
{
	struct upcall *x = calloc(1, sizeof *x);

	if (!x)
		abort();
	x->pool = p;
	x->timer.fire = on_timer;
	x->question.done = on_resolved;
	if (want->host.n < sizeof x->host)
		memcpy(x->host, want->host.p, want->host.n);
	return x;
}

struct upcall *upcall_start(struct pool *p, const struct upcall_want *want, const struct upcall_ops *ops, void *arg)
{
	struct upcall *x = want->fresh ? NULL : take_idle(p, want);
	bool kept = x != NULL;

	if (!x)
		x = make(p, want);
	x->want = *want;
	x->want.host = str_of(x->host);
	x->ops = ops;
	x->arg = arg;
	x->kept = kept;
	x->answered = x->sent = x->paused = x->held = x->chunked = x->ended_by_close = false;
	x->scan = 0;
	x->left = 0;
	x->late = OK;
	list_in(&p->busy, x);
	if (kept) {
		x->state = HEAD;
		return x;
	}
	x->state = RESOLVING;
	x->asking = true;
	if (resolve_start(p->resolver, p->loop, &x->question, want->host)) {
		x->asking = false;
		memcpy(x->tried, x->question.found, sizeof x->tried);
		x->addr_count = x->question.count;
		connect_next(x);
	}
	return x;
}

bool upcall_send(struct upcall *x, const str *parts, size_t count)
{
	if (x->state == GONE)
		return false;
	for (size_t i = 0; i < count; i++)
		buf_put(&x->out, parts[i]);
	x->held = x->out.n > SEND_HIGH;
	return !x->held;
}

void upcall_flush(struct upcall *x)
{
	if (x->state == HEAD || x->state == BODY)
		flush(x);
}

void upcall_sent(struct upcall *x)
{
	if (x->state == GONE)
		return;
	x->sent = true;
	if (x->state == HEAD)
		loop_timer(x->pool->loop, &x->timer, x->want.head_ms);
	upcall_flush(x);
}

void upcall_want_more(struct upcall *x, bool on)
{
	if (x->state == GONE || x->paused == !on)
		return;
	x->paused = !on;
	if (x->state == HEAD || x->state == BODY)
		listen_for(x);
}

void upcall_drop(struct upcall *x)
{
	shut(x);
}

/* The answer is complete: the connection waits for the next request, when it may. */
static void finish(struct upcall *x)
{
	const struct upcall_ops *ops = x->ops;
	void *arg = x->arg;
	struct pool *p = x->pool;

	list_out(x);
	if (x->keep && x->sent && x->out.n == 0 && x->in.n == 0 && p->idle_count < IDLE_MAX) {
		x->state = IDLE;
		x->paused = false;
		buf_free(&x->in);
		buf_free(&x->out);
		list_in(&p->idle, x);
		p->idle_count++;
		listen_for(x);
		loop_timer(p->loop, &x->timer, IDLE_MS);
	} else {
		shut(x);
	}
	ops->end(arg);
}

/* Reads one head out of *in; false when more must come or the upcall is over. */
static bool read_head(struct upcall *x, str *in)
{
	struct arena *mem = arena_new(HEAD_ARENA);
	struct http_res res;
	size_t used = 0;
	enum err e = http_parse_response(mem, *in, &x->scan, x->want.to_head, &res, &used);

	if (e == OK && used && res.status == 101)
		e = ERR_UPSTREAM_BROKEN; /* nobody asked for another protocol */
	if (e == OK && used && res.status >= 200) {
		x->state = BODY;
		x->keep = res.keep_alive;
		x->chunked = res.chunked && !res.no_body;
		x->chunk = (struct chunk_reader){ 0 };
		x->left = res.no_body ? 0 : res.length;
		x->ended_by_close = !res.no_body && !res.chunked && res.length < 0;
		loop_timer_drop(x->pool->loop, &x->timer);
		e = x->ops->head(x->arg, &res);
	} else if (e != OK && e != ERR_UPSTREAM_BROKEN) {
		e = ERR_UPSTREAM_BROKEN;
	}
	arena_unref(mem);
	if (x->state == GONE)
		return false;
	if (e != OK) {
		fail(x, e, false);
		return false;
	}
	if (used) {
		*in = str_sub(*in, used, in->n);
		x->scan = 0; /* also after a 1xx, which is passed over */
	}
	return used != 0;
}

/* Tells what of *in is body; true when the body is complete. */
static bool read_body(struct upcall *x, str *in)
{
	if (x->chunked) {
		while (in->n && !x->chunk.done) {
			str data;
			if (chunk_read(&x->chunk, in, &data) != OK) {
				fail(x, ERR_UPSTREAM_BROKEN, false);
				return false;
			}
			if (data.n)
				x->ops->data(x->arg, data);
			if (x->state == GONE)
				return false;
		}
		return x->chunk.done;
	}
	size_t n = x->ended_by_close || (int64_t)in->n < x->left ? in->n : (size_t)x->left;
	if (n)
		x->ops->data(x->arg, str_sub(*in, 0, n));
	if (x->state == GONE)
		return false;
	*in = str_sub(*in, n, in->n);
	if (!x->ended_by_close)
		x->left -= (int64_t)n;
	return !x->ended_by_close && x->left == 0;
}

/* Everything that has come: what waited of an incomplete head, and fresh. */
static void take(struct upcall *x, str fresh)
{
	str in = fresh;

	x->answered = true;
	if (x->in.n) {
		buf_put(&x->in, fresh);
		in = buf_str(&x->in);
	}
	while (x->state == HEAD && in.n && read_head(x, &in)) {
	}
	if (x->state == GONE)
		return;
	if (x->state == HEAD) {
		struct buf rest = { 0 };
		buf_put(&rest, in);
		buf_free(&x->in);
		x->in = rest;
		return;
	}
	bool complete = read_body(x, &in);
	if (x->state == GONE)
		return;
	if (complete && in.n)
		x->keep = false; /* more than was announced */
	x->in.n = 0;
	if (complete)
		finish(x);
	else
		x->ops->turn(x->arg);
}

static void on_end(struct upcall *x)
{
	if (x->state == IDLE) {
		shut(x);
	} else if (x->state == BODY && x->ended_by_close) {
		x->keep = false;
		finish(x);
	} else {
		fail(x, ERR_UPSTREAM_BROKEN, x->kept && !x->answered);
	}
}

static void on_connect(struct upcall *x)
{
	int e = 0;
	socklen_t n = sizeof e;

	if (getsockopt(x->line->fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == 0)
		connected(x);
	else
		connect_next(x);
}

static void on_ready(struct watch *w, int events)
{
	struct upcall *x = ((struct line *)(void *)w)->x;
	ssize_t n;

	if (x->state == CONNECTING) {
		on_connect(x);
		return;
	}
	if (events & WATCH_WRITE)
		flush(x);
	if (x->state == GONE || (events && !(events & WATCH_READ)))
		return;
	do
		n = recv(x->line->fd, x->pool->buffer, READ_SIZE, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n <= 0)
		on_end(x);
	else if (x->state == IDLE)
		shut(x);
	else
		take(x, (str){ x->pool->buffer, (size_t)n });
}

static void on_timer(struct timer *t)
{
	struct upcall *x = of_timer(t);

	if (x->state == IDLE)
		shut(x);
	else if (x->late != OK)
		fail(x, x->late, false);
	else if (x->state == HEAD)
		fail(x, ERR_UPSTREAM_SLOW, false);
	else
		fail(x, ERR_UPSTREAM_DOWN, false);
}
