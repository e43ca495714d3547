/* What nghttp2 tells us of frames: heads and bodies go to their streams, and all that is none is paid for. */
#include "net/h2_inner.h"

#define FRAME_HEAD 9 /* bytes of a frame's own head, RFC 9113 section 4.1 */

static struct h2_stream *stream_of(nghttp2_session *session, int32_t id)
{
	return id ? nghttp2_session_get_stream_user_data(session, id) : NULL;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;

	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0; /* trailers */
	struct h2_stream *s = h2_stream_open(h, frame->hd.stream_id);
	(void)nghttp2_session_set_stream_user_data(session, s->id, s);
	if (h->waiting > H2_WAITING_MAX)
		h2_stream_abort(
		    s, NGHTTP2_REFUSED_STREAM); /* it may come again once it has taken the others */
	return 0;
}

/* Trailers are measured like a head, and are for nobody. */
static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_n,
    const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	struct h2_stream *s = stream_of(session, frame->hd.stream_id);
	(void)flags, (void)arg;

	if (!s)
		return 0;
	if (s->state == H2_HEAD)
		fields_add(
		    &s->fields, (str){ (const char *)name, name_n }, (str){ (const char *)value, value_n });
	else
		s->fields.bytes += name_n + value_n + 32;
	/* A few bytes can stand for very many (CVE-2016-6581): there is a measure also for what is thrown away. */
	return s->fields.bytes > H2_FIELDS_MAX ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* By itself nghttp2 would pass over a field that is none; whoever reads on behind us might not. */
static int on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
    size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *arg)
{
	(void)session, (void)frame, (void)name, (void)name_n, (void)value, (void)value_n, (void)flags,
	    (void)arg;
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static void take_headers(const nghttp2_frame *frame, struct h2_stream *s)
{
	bool ended = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

	if (s->state == H2_HEAD)
		h2_stream_begin(s, ended);
	else if (ended)
		h2_stream_ended(s);
}

static void take_data(struct h2 *h, const nghttp2_frame *frame, struct h2_stream *s)
{
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
		h2_stream_ended(s);
	else if (frame->hd.length == frame->data.padlen)
		h2_spend(h, H2_COST_EMPTY);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2_stream *s = stream_of(session, frame->hd.stream_id);
	struct h2 *h = arg;

	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		if (s)
			take_headers(frame, s);
		break;
	case NGHTTP2_DATA:
		if (s)
			take_data(h, frame, s);
		break;
	case NGHTTP2_RST_STREAM:
		/* Work was begun for it, and goes on for a while: CVE-2023-44487. */
		if (s && !s->aborted && !s->sent)
			h2_spend(h, H2_COST_RESET);
		break;
	case NGHTTP2_SETTINGS:
		if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
			h2_spend(h, H2_COST_SETTINGS);
		break;
	case NGHTTP2_PING:
		h2_spend(h, H2_COST_PING);
		break;
	case NGHTTP2_WINDOW_UPDATE:
		h2_spend(h, H2_COST_WINDOW);
		break;
	case NGHTTP2_GOAWAY:
		break;
	default:
		h2_spend(h, H2_COST_PRIORITY);
	}
	return 0;
}

static int on_data(
    nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t n, void *arg)
{
	struct h2_stream *s = stream_of(session, id);
	struct h2 *h = arg;
	(void)flags;

	h->input -= (int64_t)n + FRAME_HEAD; /* what is wanted costs nothing */
	if (s && s->rq)
		h2_stream_data(s, (str){ (const char *)data, n });
	else
		(void)nghttp2_session_consume_connection(
		    session, n); /* nobody reads it: no window for more */
	return 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2_stream *s = stream_of(session, frame->hd.stream_id);
	struct h2 *h = arg;
	bool last = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
	    frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

	if (s && last)
		h2_stream_sent(s);
	/* A client can make us reset its streams as well as it can itself: CVE-2025-8671. */
	if (frame->hd.type == NGHTTP2_RST_STREAM && !(s && s->aborted))
		h2_spend(h, H2_COST_RESET);
	return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2_stream *s = stream_of(session, id);
	struct h2 *h = arg;
	(void)code;

	if (!s)
		return 0;
	if (s->sent && s->eof)
		h2_budget_earn(&h->budget, H2_EARN_ANSWER);
	if (s->in.n)
		(void)nghttp2_session_consume_connection(session, s->in.n);
	h2_stream_close(s);
	return 0;
}

void h2_frames_callbacks(nghttp2_session_callbacks *cb)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(cb, on_invalid_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, on_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
}
