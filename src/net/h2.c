/* A session: from bytes to nghttp2 and back, and how it ends. */
#include "net/h2_inner.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 16384 /* what we say that we take, RFC 9113 section 6.5.2 */
#define ACKS_MAX 100       /* answers to SETTINGS and PING that wait */

struct h2_kit *h2_kit_new(void)
{
	struct h2_kit *k = calloc(1, sizeof *k);

	if (!k || nghttp2_session_callbacks_new(&k->callbacks) || nghttp2_option_new(&k->option))
		abort();
	h2_frames_callbacks(k->callbacks);
	nghttp2_option_set_no_auto_window_update(k->option, 1); /* a client is held back by its window */
	nghttp2_option_set_no_closed_streams(k->option, 1);
	nghttp2_option_set_max_outbound_ack(k->option, ACKS_MAX);
	return k;
}

void h2_kit_free(struct h2_kit *k)
{
	nghttp2_session_callbacks_del(k->callbacks);
	nghttp2_option_del(k->option);
	free(k);
}

bool h2_clear_ok(const struct addr *peer)
{
	return peer->family == ADDR_LOCAL || addr_loopback(peer);
}

int h2_preface(str bytes)
{
	str whole = S(H2_PREFACE);
	size_t n = bytes.n < whole.n ? bytes.n : whole.n;

	if (memcmp(bytes.p, whole.p, n) != 0)
		return -1;
	return n == whole.n;
}

/* RFC 9113 section 6.8, by hand: after a fatal error nghttp2's session says nothing any more. */
static void say_goaway(struct h2 *h, uint32_t code)
{
	uint32_t last = (uint32_t)nghttp2_session_get_last_proc_stream_id(h->session);
	unsigned char f[17] = { [2] = 8, [3] = NGHTTP2_GOAWAY };

	for (size_t i = 0; i < 4; i++) {
		f[9 + i] = (unsigned char)(last >> (24 - 8 * i));
		f[13 + i] = (unsigned char)(code >> (24 - 8 * i));
	}
	buf_put(conn_out(h->conn), (str){ (const char *)f, sizeof f });
}

static void on_farewell(struct timer *t)
{
	struct h2 *h = (struct h2 *)(void *)((char *)t - offsetof(struct h2, farewell));

	(void)nghttp2_submit_goaway(h->session, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(h->session), NGHTTP2_NO_ERROR, NULL, 0);
	h2_pump(h);
}

void conn_h2_begin(struct conn *c)
{
	const nghttp2_settings_entry ours[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_BYTES },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 }, /* RFC 9218: no tree to be grown */
	};
	struct h2_kit *kit = c->server->h2;
	struct h2 *h = calloc(1, sizeof *h);

	if (!h || nghttp2_session_server_new2(&h->session, kit->callbacks, h, kit->option) ||
	    nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, ours, COUNT(ours)) ||
	    nghttp2_session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, H2_WINDOW))
		abort();
	h->conn = c;
	h->farewell.fire = on_farewell;
	h->idle_since_ms = loop_ms(c->server->loop);
	h2_budget_start(&h->budget, h->idle_since_ms);
	c->h2 = h;
	c->state = CONN_H2;
	if (c->server->draining)
		h2_drain(c);
	else
		h2_pump(h);
}

void h2_calm(struct h2 *h)
{
	(void)nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

void h2_spend(struct h2 *h, int64_t points)
{
	if (!h2_budget_spend(&h->budget, loop_ms(h->conn->server->loop), points))
		h2_calm(h);
}

/* Moves frames from nghttp2 to the connection, as many as may wait there. False: an error that it cannot go on from. */
static bool gather(struct h2 *h)
{
	const uint8_t *p;
	ssize_t n = 0;

	h->running = true;
	while (h->conn->out.n < OUT_HIGH && (n = nghttp2_session_mem_send(h->session, &p)) > 0)
		buf_put(conn_out(h->conn), (str){ (const char *)p, (size_t)n });
	h->running = false;
	return n >= 0;
}

/* Nothing more will be said or heard. */
static void finish(struct conn *c)
{
	c->unread = true; /* the client may still be sending, and is to see why this is the end */
	h2_free(c);
	conn_finish(c);
}

/* A connection without streams has only so long; one with streams has theirs. */
static void await(struct h2 *h)
{
	struct conn *c = h->conn;
	int64_t left = h->idle_since_ms + c->server->limits.idle_ms - loop_ms(c->server->loop);

	conn_deadline(c, h->count ? INT32_MAX : left > 0 ? left : 0);
}

void h2_pump(struct h2 *h)
{
	struct conn *c = h->conn;
	bool more;

	if (h->running)
		return;
	do {
		if (!h->over && !gather(h)) {
			say_goaway(h, NGHTTP2_INTERNAL_ERROR);
			h->over = true;
		}
		more = c->out.n >= OUT_HIGH;
		if (!conn_flush(c))
			return; /* and h is gone */
		more = (more && c->out.n == 0) | (!h->over && h2_answer_drained(h));
	} while (more);
	if (c->out.n)
		return; /* the socket is full; conn has set its deadline */
	if (h->over || (!nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session)))
		finish(c);
	else
		await(h);
}

static uint32_t code_of(ssize_t error)
{
	switch (error) {
	case NGHTTP2_ERR_FLOODED:
	case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
	case NGHTTP2_ERR_CALLBACK_FAILURE: /* a head without measure, h2_frames.c */
		return NGHTTP2_ENHANCE_YOUR_CALM;
	case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
		return NGHTTP2_PROTOCOL_ERROR;
	default:
		return NGHTTP2_INTERNAL_ERROR;
	}
}

void h2_take(struct conn *c, str bytes)
{
	struct h2 *h = c->h2;

	if (bytes.n && !h->over) {
		h->running = true;
		ssize_t n = nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes.p, bytes.n);
		h->input += (int64_t)bytes.n;
		if (h->input >= H2_INPUT_A_POINT) {
			h2_spend(h, h->input / H2_INPUT_A_POINT);
			h->input %= H2_INPUT_A_POINT;
		}
		h->running = false;
		if (n < 0) {
			say_goaway(h, code_of(n));
			h->over = true;
		}
	}
	h2_pump(h);
}

void h2_late(struct conn *c)
{
	struct h2 *h = c->h2;

	if (c->out.n) {
		conn_close(c); /* it takes nothing, also no farewell */
		return;
	}
	if (h->count)
		return;
	(void)nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
	h2_pump(h);
}

void h2_drain(struct conn *c)
{
	struct h2 *h = c->h2;

	/* The first says that the end comes, so that no request that is on its way is lost; the second is the end. */
	(void)nghttp2_submit_shutdown_notice(h->session);
	loop_timer(c->server->loop, &h->farewell, H2_FAREWELL_MS);
	h->running = true; /* nobody leaves the list before all are told */
	for (struct h2_stream *s = h->streams; s; s = s->next)
		if (s->state == H2_STREAM && s->rq->ops->stopping)
			s->rq->ops->stopping(s->rq->arg);
	h->running = false;
	h2_pump(h);
}

void h2_notice(struct conn *c, int kind, int64_t id)
{
	struct h2 *h = c->h2;

	h->running = true; /* nobody leaves the list before all are told */
	for (struct h2_stream *s = h->streams; s; s = s->next)
		if (s->state == H2_STREAM && s->rq->ops->notice)
			s->rq->ops->notice(s->rq->arg, kind, id);
	h->running = false;
	h2_pump(h);
}

void h2_free(struct conn *c)
{
	struct h2 *h = c->h2;

	if (!h)
		return;
	c->h2 = NULL;
	loop_timer_drop(c->server->loop, &h->farewell);
	while (h->streams)
		h2_stream_close(h->streams);
	nghttp2_session_del(h->session);
	free(h);
}
