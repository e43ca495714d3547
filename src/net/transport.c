#include "net/transport.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PARTS_MAX 8
#define RECORD ((size_t)16384) /* RFC 8446 section 5.1: plain bytes of a record at most */
#define TLS_HANDSHAKE 22       /* section 5.1: what the first byte of every ClientHello says */

bool transport_open(struct transport *t, int fd, struct tls *tls)
{
	*t = (struct transport){ .fd = fd };
	if (!tls)
		return true;
	t->ssl = tls_begin(tls, fd);
	if (!t->ssl)
		return false;
	t->tls = tls_ref(tls);
	return true;
}

/* From here on the bytes are those of the socket. */
static void strip(struct transport *t)
{
	tls_end(t->ssl);
	tls_unref(t->tls);
	t->ssl = NULL;
	t->tls = NULL;
	t->more = false;
	t->recv_writes = false;
}

/* --- the handshake */

/* A request in clear begins with a letter; nothing of TLS does. */
static enum transport_shake look(struct transport *t)
{
	unsigned char first;
	ssize_t n;

	do
		n = recv(t->fd, &first, 1, MSG_PEEK);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return SHAKE_READ;
	if (n <= 0)
		return SHAKE_BROKEN;
	t->looked = true;
	if (first == TLS_HANDSHAKE)
		return SHAKE_DONE;
	if (first < 'A' || first > 'z')
		return SHAKE_BROKEN;
	strip(t);
	return SHAKE_CLEAR;
}

enum transport_shake transport_shake(struct transport *t)
{
	enum transport_shake seen = t->looked ? SHAKE_DONE : look(t);

	if (seen != SHAKE_DONE)
		return seen;
	switch (tls_shake(t->ssl)) {
	case 1:
		t->more = tls_pending(t->ssl); /* the request may have come with the last of it */
		return SHAKE_DONE;
	case TLS_WAIT_READ:
		return SHAKE_READ;
	case TLS_WAIT_WRITE:
		return SHAKE_WRITE;
	default:
		return SHAKE_BROKEN;
	}
}

/* --- reading */

static ssize_t recv_clear(struct transport *t, char *p, size_t n)
{
	ssize_t got;

	do
		got = recv(t->fd, p, n, 0);
	while (got < 0 && errno == EINTR);
	if (got >= 0)
		return got;
	return errno == EAGAIN || errno == EWOULDBLOCK ? TRANSPORT_WAIT : TRANSPORT_BROKEN;
}

static ssize_t recv_tls(struct transport *t, char *p, size_t n)
{
	ssize_t got = tls_recv(t->ssl, p, n, &t->more);

	t->recv_writes = got == TLS_WAIT_WRITE;
	if (got > 0)
		return got;
	return got == TLS_END ? TRANSPORT_END : got == TLS_BROKEN ? TRANSPORT_BROKEN : TRANSPORT_WAIT;
}

ssize_t transport_recv(struct transport *t, char *p, size_t n)
{
	return t->ssl ? recv_tls(t, p, n) : recv_clear(t, p, n);
}

/* --- writing */

static ssize_t put_clear(struct transport *t, const str *parts, size_t count)
{
	struct iovec iov[PARTS_MAX];
	struct msghdr msg = { .msg_iov = iov };
	ssize_t n;

	for (size_t i = 0; i < count && msg.msg_iovlen < PARTS_MAX; i++)
		if (parts[i].n)
			/* sendmsg takes the bytes as they are; its struct is shared with readers, so not const */
			iov[msg.msg_iovlen++] = (struct iovec){ (void *)(uintptr_t)parts[i].p, parts[i].n };
	if (msg.msg_iovlen == 0)
		return 0;
	do
		n = msg.msg_iovlen == 1 ? send(t->fd, iov[0].iov_base, iov[0].iov_len, MSG_NOSIGNAL)
					: sendmsg(t->fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : TRANSPORT_BROKEN;
}

/* The bytes of the next record, from `skip` on: where they lie, or gathered in `room` when they lie in pieces. */
static str next_record(const str *parts, size_t count, size_t skip, char *room)
{
	size_t n = 0;

	for (size_t i = 0; i < count && n < RECORD; i++) {
		if (skip >= parts[i].n) {
			skip -= parts[i].n;
			continue;
		}
		str piece = str_sub(parts[i], skip, parts[i].n);
		skip = 0;
		if (n == 0 && (piece.n >= RECORD || i + 1 == count))
			return str_sub(piece, 0, RECORD);
		piece = str_sub(piece, 0, RECORD - n);
		memcpy(room + n, piece.p, piece.n);
		n += piece.n;
	}
	return (str){ room, n };
}

static ssize_t put_tls(struct transport *t, const str *parts, size_t count)
{
	/* Written before it is read; to clear 16 KiB for every answer costs more than to fill them. */
	char room[RECORD] __attribute__((uninitialized));
	size_t all = 0;

	for (;;) {
		str record = next_record(parts, count, all, room);
		if (record.n == 0)
			return (ssize_t)all;
		ssize_t n = tls_send(t->ssl, record.p, record.n);
		if (n == TLS_WAIT_WRITE)
			return (ssize_t)all;
		if (n <= 0)
			return TRANSPORT_BROKEN; /* reading is never wanted here: renegotiation is off */
		all += (size_t)n;
	}
}

ssize_t transport_put(struct transport *t, const str *parts, size_t count)
{
	return t->ssl ? put_tls(t, parts, count) : put_clear(t, parts, count);
}

/* --- the end */

void transport_shut(struct transport *t)
{
	strip(t);
	(void)shutdown(t->fd, SHUT_WR);
}

void transport_close(struct transport *t)
{
	strip(t);
	close(t->fd);
}
