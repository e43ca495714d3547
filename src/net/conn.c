#include "net/h2.h"
#include "net/request_inner.h"

#include <stdlib.h>
#include <unistd.h>

#define SPARE_MAX 16384 /* a bigger output buffer is not kept */

static void on_ready(struct watch *w, int events);
static void on_timer(struct timer *t);

/* A stream may be silent as long as it likes; a body that is wanted may not. */
int64_t conn_stream_ms(const struct conn *c)
{
	return c->rq->body_done || c->rq->paused ? INT32_MAX : c->server->limits.idle_ms;
}

static struct conn *of_timer(struct timer *t)
{
	return (struct conn *)(void *)((char *)t - offsetof(struct conn, timer));
}

struct conn *conn_open(struct server *sv, int fd, const struct inlet *from, const struct addr *peer,
    bool counted, struct tls *tls)
{
	struct conn *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	c->server = sv;
	c->from = from;
	c->state = tls ? CONN_SHAKE : CONN_HEAD;
	c->keep = true;
	c->counted = counted;
	c->peer = *peer;
	c->timer.fire = on_timer;
	addr_text(peer, c->peer_text);
	if (!transport_open(&c->line, fd, tls)) {
		close(fd);
		free(c);
		return NULL;
	}
	if (watch_open(sv->loop, &c->watch, fd, WATCH_READ, on_ready) != OK) {
		transport_close(&c->line);
		free(c);
		return NULL;
	}
	c->next = sv->conns;
	c->link = &sv->conns;
	if (c->next)
		c->next->link = &c->next;
	sv->conns = c;
	sv->count++;
	/* A handshake has as long as a head: from here on, and not from its last byte. */
	conn_deadline(c, tls ? sv->limits.head_ms : sv->limits.idle_ms);
	return c;
}

static void gone(struct watch *w)
{
	free(w);
}

static void leave_more(struct conn *c)
{
	if (!c->more_link)
		return;
	*c->more_link = c->more_next;
	if (c->more_next)
		c->more_next->more_link = c->more_link;
	c->more_link = NULL;
	c->more_next = NULL;
}

/* The transport holds bytes, of which the socket says nothing: they are read in the loop's next turn, after the others. */
static void enter_more(struct conn *c)
{
	struct server *sv = c->server;

	if (c->more_link)
		return;
	c->more_next = sv->more;
	c->more_link = &sv->more;
	if (c->more_next)
		c->more_next->more_link = &c->more_next;
	sv->more = c;
	if (!sv->reading_more) {
		sv->reading_more = true;
		sv->read_more.run = conn_read_more;
		loop_post(sv->loop, &sv->read_more);
	}
}

void conn_close(struct conn *c)
{
	struct server *sv = c->server;

	if (c->state == CONN_CLOSED)
		return;
	c->state = CONN_CLOSED;
	conn_forget(c);
	h2_free(c);
	loop_timer_drop(sv->loop, &c->timer);
	leave_more(c);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	sv->count--;
	atomic_fetch_sub_explicit(&sv->shared->connections, 1, memory_order_relaxed);
	if (c->counted)
		peers_leave(sv->shared->peers, addr_key(&c->peer));
	buf_free(&c->in);
	buf_free(&c->out);
	watch_close(&c->watch, gone);
	transport_close(&c->line);
}

void conn_forget(struct conn *c)
{
	struct request *rq = c->rq;

	if (!rq)
		return;
	c->rq = NULL;
	request_forget(rq);
}

/*
 * The wheel is touched only when the deadline comes nearer: one that moves away is found out when the timer fires,
 * so a busy keep-alive connection costs the wheel nothing.
 */
void conn_deadline(struct conn *c, int64_t in_ms)
{
	int64_t at = loop_ms(c->server->loop) + in_ms;
	bool nearer = at < c->deadline_ms;

	c->deadline_ms = at;
	if (!timer_is_set(&c->timer) || nearer)
		loop_timer(c->server->loop, &c->timer, in_ms);
}

/* A body that comes too slowly: grace for its begin, then body_rate bytes a second on the average. */
static int64_t body_due(const struct conn *c)
{
	const struct server_limits *l = &c->server->limits;

	return c->rq->body_since_ms + l->head_ms + (l->body_rate ? c->rq->body_got * 1000 / l->body_rate : 0);
}

static void on_timer(struct timer *t)
{
	struct conn *c = of_timer(t);
	struct server *sv = c->server;
	int64_t now = loop_ms(sv->loop);

	if (c->state == CONN_BODY && c->out.n == 0)
		c->deadline_ms = body_due(c);
	if (now < c->deadline_ms) {
		loop_timer(sv->loop, &c->timer, c->deadline_ms - now);
		return;
	}
	if (c->state == CONN_H2) {
		h2_late(c);
		return;
	}
	if (c->state == CONN_BUSY && c->out.n == 0) {
		atomic_store_explicit(&c->rq->cancelled, true, memory_order_relaxed);
		c->keep = false;
		sv->hooks->late(c->rq);
		return;
	}
	conn_close(c);
}

struct buf *conn_out(struct conn *c)
{
	struct server *sv = c->server;

	if (!c->out.p && sv->spare.p) {
		c->out = sv->spare;
		sv->spare = (struct buf){ 0 };
	}
	return &c->out;
}

/* An output buffer that has been emptied serves the next connection: idle ones hold none. */
static void put_spare(struct conn *c)
{
	struct server *sv = c->server;

	if (c->out.n || !c->out.p)
		return;
	if (!sv->spare.p && c->out.cap <= SPARE_MAX) {
		sv->spare = c->out;
		c->out = (struct buf){ 0 };
	} else {
		buf_free(&c->out);
	}
}

bool conn_flush(struct conn *c)
{
	if (c->out.n) {
		str all = buf_str(&c->out);
		ssize_t n = transport_put(&c->line, &all, 1);
		if (n < 0) {
			conn_close(c);
			return false;
		}
		buf_shift(&c->out, (size_t)n);
		if (c->out.n && (n > 0 || !(c->watch.events & WATCH_WRITE)))
			conn_deadline(c, c->server->limits.stall_ms);
	}
	put_spare(c);
	conn_listen(c);
	return true;
}

bool conn_send(struct conn *c, const str *parts, size_t count)
{
	size_t sent = 0;

	if (c->out.n == 0) {
		ssize_t n = transport_put(&c->line, parts, count);
		if (n < 0) {
			conn_close(c);
			return false;
		}
		sent = (size_t)n;
	}
	for (size_t i = 0; i < count; i++) {
		size_t skip = sent < parts[i].n ? sent : parts[i].n;
		sent -= skip;
		if (skip == parts[i].n)
			continue;
		if (c->out.n == 0)
			conn_deadline(c, c->server->limits.stall_ms);
		buf_put(conn_out(c), str_sub(parts[i], skip, parts[i].n));
	}
	conn_listen(c);
	return true;
}

/* Watches for what this state can use: reading stops where bytes would only pile up, writing is on only while some wait. */
void conn_listen(struct conn *c)
{
	bool read;

	switch (c->state) {
	case CONN_HEAD:
		read = c->out.n == 0;
		break;
	case CONN_BUSY:
		read = c->in.n < IN_HIGH;
		break;
	case CONN_STREAM:
		/* Once the body is whole, reading goes on only to learn that the client has gone. */
		read = c->rq->body_done ? c->in.n < IN_HIGH : !c->rq->paused;
		break;
	case CONN_H2:
		read = c->out.n < OUT_HIGH; /* what answers it would wait behind what waits already */
		break;
	case CONN_SHAKE: /* its own watch */
	case CONN_CLOSED:
		return;
	default:
		read = true;
	}
	read = read && !c->eof;
	if (read && c->line.more)
		enter_more(c);
	else
		leave_more(c);
	watch_set(&c->watch,
	    (read ? WATCH_READ : 0) | (c->out.n || (read && c->line.recv_writes) ? WATCH_WRITE : 0));
}

void conn_finish(struct conn *c)
{
	if (c->eof || !(c->unread || c->in.n)) {
		conn_close(c);
		return;
	}
	/* Closing with unread input would reset the connection, and the client might never see the answer. */
	transport_shut(&c->line);
	buf_free(&c->in);
	c->state = CONN_LINGER;
	conn_deadline(c, LINGER_MS);
	conn_listen(c);
}

static void on_write(struct conn *c)
{
	if (!conn_flush(c))
		return;
	if (c->state == CONN_STREAM) {
		if (c->out.n == 0)
			conn_deadline(c, conn_stream_ms(c));
		if (c->held && c->out.n <= STREAM_HIGH / 2) {
			c->held = false;
			c->rq->ops->drained(c->rq->arg);
		}
		return;
	}
	if (c->out.n == 0)
		conn_run(c, (str){ NULL, 0 });
}

/* The client sends no more. An answer under way is still wanted: some clients close their side right after asking. */
static void on_eof(struct conn *c)
{
	c->eof = true;
	if (c->state == CONN_SKIP) {
		conn_forget(c);
		c->state = CONN_HEAD;
	}
	if (c->state == CONN_BUSY || (c->state == CONN_HEAD && c->out.n))
		conn_listen(c);
	else
		conn_close(c);
}

void conn_read(struct conn *c)
{
	struct server *sv = c->server;
	ssize_t n = transport_recv(&c->line, sv->buffer, c->state == CONN_BUSY ? IN_HIGH : READ_SIZE);

	if (n == TRANSPORT_END) {
		on_eof(c);
	} else if (n == TRANSPORT_BROKEN) {
		conn_close(c);
	} else if (n == TRANSPORT_WAIT) {
		conn_listen(c);
	} else if (c->state == CONN_LINGER) {
		c->lingered += (uint32_t)n;
		if (c->lingered > LINGER_BYTES)
			conn_close(c);
	} else {
		conn_run(c, (str){ sv->buffer, (size_t)n });
	}
}

void conn_read_more(struct task *t)
{
	struct server *sv = (struct server *)(void *)((char *)t - offsetof(struct server, read_more));
	struct conn *c = sv->more, *rest = NULL;

	sv->reading_more = false;
	/* Only those that are in the list now: who has still more afterwards enters it again, for the next turn. */
	if (c) {
		rest = c;
		rest->more_link = &rest;
		sv->more = NULL;
	}
	while ((c = rest)) {
		leave_more(c);
		conn_read(c);
	}
}

static void on_ready(struct watch *w, int events)
{
	struct conn *c = (struct conn *)(void *)w;

	if (events == 0) {
		conn_close(c);
		return;
	}
	if (c->state == CONN_SHAKE) {
		conn_shake(c);
		return;
	}
	bool read = events & WATCH_READ || (events & WATCH_WRITE && c->line.recv_writes);
	if (events & WATCH_WRITE)
		on_write(c);
	if (read && c->state != CONN_CLOSED)
		conn_read(c);
}
