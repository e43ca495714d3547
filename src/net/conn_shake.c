/* The TLS handshake of a connection, and what is said to somebody who does not begin one. */
#include "net/h2.h"

/* RFC 9110 section 15.5.1; a page, since it is a person who typed the address without its s. */
static const char spoken_in_clear[] =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 76\r\n"
    "Connection: close\r\n\r\n"
    "This port speaks https, and the request came as http. Write https:// first.\n";

static void answer_clear(struct conn *c)
{
	str page = { spoken_in_clear, sizeof spoken_in_clear - 1 };

	c->state = CONN_HEAD;
	c->keep = false;
	c->unread = true;
	if (conn_send(c, &page, 1) && c->out.n == 0)
		conn_finish(c);
}

static void shaken(struct conn *c)
{
	c->state = CONN_HEAD;
	c->protocol = (uint8_t)tls_protocol(c->line.ssl);
	conn_deadline(c, c->server->limits.idle_ms);
	if (c->server->draining) {
		conn_close(c);
		return;
	}
	c->spoken = true; /* under TLS only ALPN says what is spoken */
	if (c->protocol == PROTOCOL_H2)
		conn_h2_begin(c);
	if (c->state == CONN_CLOSED)
		return;
	/* The request mostly comes right behind the handshake's last message, and may have been read ahead with it. */
	conn_read(c);
}

void conn_shake(struct conn *c)
{
	switch (transport_shake(&c->line)) {
	case SHAKE_DONE:
		shaken(c);
		break;
	case SHAKE_READ:
		watch_set(&c->watch, WATCH_READ);
		break;
	case SHAKE_WRITE:
		watch_set(&c->watch, WATCH_WRITE);
		break;
	case SHAKE_CLEAR:
		answer_clear(c);
		break;
	case SHAKE_BROKEN:
		conn_close(c);
		break;
	}
}
