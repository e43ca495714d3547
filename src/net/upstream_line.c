/* The socket below a request to an upstream. */
#include "net/socket.h"
#include "net/upstream_inner.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define CONNECT_MS 5000 /* the last address */
#define NEXT_MS 2000    /* an earlier one */
#define PARTS_MAX 5

static void gone(struct watch *w)
{
	struct line *line = (struct line *)(void *)w;

	if (line->x) {
		buf_free(&line->x->in);
		buf_free(&line->x->out);
		free(line->x);
	}
	free(line);
}

void line_close(struct upcall *x, bool last)
{
	struct line *line = x->line;

	x->line = NULL;
	line->x = last ? x : NULL;
	watch_close(&line->watch, gone);
	close(line->fd);
}

/* A socket that is connected or being connected; -1. */
static int dial(struct addr *a, int port, bool *connected)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage room;
	} to;

	a->port = port;
	socklen_t n = (socklen_t)addr_to(a, &to.room);
	int fd = socket(to.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	socket_at_once(fd);
	if (!addr_loopback(a))
		socket_mortal(fd); /* the kernel of this machine tells by itself */
	*connected = connect(fd, &to.sa, n) == 0;
	if (*connected || errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

static bool hold(struct upcall *x, int fd, int events)
{
	struct line *line = calloc(1, sizeof *line);

	if (!line)
		abort();
	*line = (struct line){ .x = x, .fd = fd };
	if (watch_open(x->pool->loop, &line->watch, fd, events, upcall_ready) != OK) {
		close(fd);
		free(line);
		return false;
	}
	x->line = line;
	x->written = x->written_before = 0;
	return true;
}

bool line_next(struct upcall *x)
{
	struct resolve *q = &x->question;
	bool connected;

	if (x->line)
		line_close(x, false);
	while (x->addr_at < q->count) {
		int fd = dial(&q->found[x->addr_at++], x->want.port, &connected);
		if (fd < 0 || !hold(x, fd, connected ? WATCH_READ : WATCH_WRITE))
			continue;
		x->state = UP_CONNECTING;
		if (connected)
			upcall_connected(x);
		else
			upcall_expect(x, x->addr_at < q->count ? NEXT_MS : CONNECT_MS);
		return true;
	}
	return false;
}

void line_connected(struct upcall *x)
{
	int e = 0;
	socklen_t n = sizeof e;

	if (getsockopt(x->line->fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0 && e == 0)
		upcall_connected(x);
	else if (!line_next(x))
		upcall_fail(x, ERR_UPSTREAM_DOWN, false);
}

/* Bytes sent; what cannot be sent any more counts as sent: reading will tell, there may be an early answer. */
static size_t put(struct upcall *x, const struct iovec *iov, size_t count, size_t all)
{
	/* sendmsg only reads them; its struct is shared with readers, so not const */
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = count };
	ssize_t n;

	do
		n = count == 1 ? send(x->line->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
			       : sendmsg(x->line->fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0) {
		x->written += (uint64_t)n;
		return (size_t)n;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return 0;
	x->deaf = true;
	x->reset |= errno == ECONNRESET;
	return all;
}

size_t line_write(struct upcall *x, const str *parts, size_t count)
{
	struct iovec iov[PARTS_MAX];
	size_t n = 0, waited = x->out.n, all = waited;

	if (x->out.n)
		iov[n++] = (struct iovec){ x->out.p, x->out.n };
	for (size_t i = 0; i < count && n < PARTS_MAX; i++) {
		if (parts[i].n)
			iov[n++] = (struct iovec){ (void *)(uintptr_t)parts[i].p, parts[i].n };
		all += parts[i].n;
	}
	if (n == 0)
		return 0;
	size_t sent = x->deaf ? all : put(x, iov, n, all);
	buf_shift(&x->out, sent);
	return sent > waited ? sent - waited : 0;
}

void line_listen(struct upcall *x)
{
	int events = x->paused ? 0 : WATCH_READ;

	if (x->state == UP_CONNECTING)
		events = WATCH_WRITE;
	else if (x->out.n && x->state != UP_IDLE)
		events |= WATCH_WRITE;
	watch_set(&x->line->watch, events);
}

/*
 * The server's end (FIN) says up to where it had received: when that is before this request, closing was all it did. A reset
 * says nothing of the kind, so behind one only what was never written is unheard.
 */
bool line_unheard(const struct upcall *x)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof info;

	if (x->written == x->written_before)
		return true;
	if (x->reset || getsockopt(x->line->fd, IPPROTO_TCP, TCP_INFO, &info, &n) != 0 ||
	    n < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked)
		return false;
	return info.tcpi_bytes_acked <= x->written_before + 1; /* the kernel counts the SYN as one */
}
