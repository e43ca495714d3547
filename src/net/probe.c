#include "net/probe.h"

#include "base/buf.h"
#include "http/chunk.h"
#include "net/tls_client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct probe {
	struct arena *mem;
	const struct probe_ask *ask;
	struct probe_answer *out;
	struct url url;
	const char *host; /* without brackets, NUL-terminated */
	int fd;
	struct tls_client *tls; /* NULL for http */
};

static bool fail(struct probe *p, enum probe_stage stage, const char *why)
{
	p->out->stage = stage;
	p->out->why = arena_copy(p->mem, str_of(why));
	return false;
}

/* ---- connecting --------------------------------------------------------------------------------------------------- */

static bool wait_for(int fd, short events, int64_t ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, (int)ms) == 1;
}

/* One address; errno says why not. */
static bool connect_to(struct probe *p, const struct addrinfo *a)
{
	int broken = 0;
	socklen_t size = sizeof broken;

	p->fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
	if (p->fd < 0)
		return false;
	if (connect(p->fd, a->ai_addr, a->ai_addrlen) != 0) {
		if (errno != EINPROGRESS)
			return false;
		if (!wait_for(p->fd, POLLOUT, p->ask->timeout_ms)) {
			errno = ETIMEDOUT;
			return false;
		}
		if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &broken, &size) != 0 || broken) {
			errno = broken;
			return false;
		}
	}
	/* From here on it blocks, with a limit on each step. */
	struct timeval limit = { .tv_sec = p->ask->timeout_ms / 1000,
		.tv_usec = p->ask->timeout_ms % 1000 * 1000 };
	(void)setsockopt(p->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(p->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	return fcntl(p->fd, F_SETFL, 0) == 0;
}

static void name_address(struct probe *p, const struct addrinfo *a)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, port, sizeof port,
		NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		p->out->address =
		    arena_printf(p->mem, a->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static bool dial(struct probe *p)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	char port[8];
	int wrong = ECONNREFUSED;

	snprintf(port, sizeof port, "%d", url_port(&p->url));
	int rc = getaddrinfo(p->host, port, &hints, &list);
	if (rc != 0)
		return fail(p, PROBE_DNS, gai_strerror(rc));
	bool done = false;
	for (const struct addrinfo *a = list; a && !done; a = a->ai_next) {
		name_address(p, a);
		done = connect_to(p, a);
		if (done)
			break;
		wrong = errno;
		if (p->fd >= 0)
			close(p->fd);
		p->fd = -1;
	}
	freeaddrinfo(list);
	return done ? true : fail(p, PROBE_CONNECT, strerror(wrong));
}

static bool begin_tls(struct probe *p)
{
	str why = S("");

	p->tls = tls_client_new(p->mem, p->fd, p->host, &why);
	if (!p->tls) {
		p->out->stage = PROBE_TLS;
		p->out->why = why;
		return false;
	}
	p->out->tls = arena_copy(p->mem, str_of(tls_client_version(p->tls)));
	return true;
}

/* ---- bytes -------------------------------------------------------------------------------------------------------- */

static bool send_all(struct probe *p, str s)
{
	while (s.n) {
		ssize_t n = p->tls ? tls_client_write(p->tls, s) : send(p->fd, s.p, s.n, MSG_NOSIGNAL);
		if (n <= 0)
			return fail(p, PROBE_HTTP, "the connection broke while the request was sent");
		s = str_sub(s, (size_t)n, s.n);
	}
	return true;
}

/* More bytes into b: their number, 0 at the end, -1 when nothing came in time. */
static ssize_t receive(struct probe *p, struct buf *b)
{
	char *room = buf_room(b, 4096);

	if (!room)
		return 0;
	ssize_t n = p->tls ? tls_client_read(p->tls, room, 4096) : recv(p->fd, room, 4096, 0);
	if (n > 0)
		b->n += (size_t)n;
	return n;
}

static str request_text(struct probe *p)
{
	struct buf b = BUF(p->mem);
	str path = p->url.path.n ? p->url.path : S("/");

	buf_printf(&b, "%.*s %.*s", FMT(p->ask->method), FMT(path));
	if (p->url.query.p)
		buf_printf(&b, "?%.*s", FMT(p->url.query));
	buf_printf(&b, " HTTP/1.1\r\nHost: %.*s", FMT(p->url.host));
	if (p->url.port >= 0)
		buf_printf(&b, ":%d", p->url.port);
	buf_put(&b, S("\r\nConnection: close\r\nUser-Agent: gatehouse-doctor\r\n"));
	for (size_t i = 0; i < p->ask->header_count; i++)
		buf_printf(&b, "%.*s: %.*s\r\n", FMT(p->ask->headers[i].name), FMT(p->ask->headers[i].value));
	if (p->ask->body.n)
		buf_printf(&b, "Content-Length: %zu\r\n", p->ask->body.n);
	buf_put(&b, S("\r\n"));
	buf_put(&b, p->ask->body);
	return buf_str(&b);
}

/* The head; interim answers (1xx) are passed over. rest: what came behind it. */
static bool read_head(struct probe *p, struct buf *in, size_t *used)
{
	size_t scan = 0;

	for (;;) {
		enum err e = http_parse_response(
		    p->mem, buf_str(in), &scan, str_eq(p->ask->method, S("HEAD")), &p->out->res, used);
		if (e != OK)
			return fail(p, PROBE_HTTP, "the answer is not HTTP/1.1");
		if (*used && p->out->res.status >= 200)
			return true;
		if (*used) {
			buf_shift(in, *used);
			scan = 0;
			continue;
		}
		ssize_t n = receive(p, in);
		if (n <= 0)
			return fail(p, PROBE_HTTP,
			    n == 0 ? "the connection was closed without an answer"
				   : "no answer came in time");
	}
}

/* Puts what is data of raw into body; true when the body is whole. */
static bool take_body(struct probe *p, struct chunk_reader *chunks, struct buf *body, str raw)
{
	const struct http_res *r = &p->out->res;

	if (r->chunked) {
		while (raw.n && !chunks->done) {
			str data;
			if (chunk_read(chunks, &raw, &data) != OK)
				return true;
			buf_put(body, data);
		}
		return chunks->done || body->full;
	}
	buf_put(body, raw);
	return body->full || (r->length >= 0 && body->n >= (size_t)r->length);
}

static void read_body(struct probe *p, struct buf *in, size_t used)
{
	struct chunk_reader chunks = { 0 };
	struct buf body = { .mem = p->mem, .max = PROBE_BODY_MAX };
	bool events = str_starts(http_res_header(&p->out->res, S("Content-Type")), S("text/event-stream"));

	if (p->out->res.no_body)
		return;
	/* The head's slices point into in, so the rest of the bytes goes elsewhere. */
	bool whole = take_body(p, &chunks, &body, str_sub(buf_str(in), used, in->n));
	while (!whole && !(events && str_find(buf_str(&body), S("\n\n")) >= 0)) {
		struct buf more = { .mem = p->mem, .max = 4096 };
		if (receive(p, &more) <= 0)
			break;
		whole = take_body(p, &chunks, &body, buf_str(&more));
	}
	p->out->body = buf_str(&body);
}

static bool talk(struct probe *p)
{
	struct buf in = { .mem = p->mem, .max = HTTP_HEAD_MAX + 8192 };
	size_t used = 0;

	if (!send_all(p, request_text(p)) || !read_head(p, &in, &used))
		return false;
	read_body(p, &in, used);
	return true;
}

static bool begin(struct probe *p)
{
	str host;

	if (url_parse(p->ask->url, &p->url) != OK || !p->url.host.n || url_port(&p->url) < 1)
		return fail(p, PROBE_URL, "this is not an address of http or https");
	host = p->url.host;
	if (host.p[0] == '[')
		host = str_sub(host, 1, host.n - 1);
	p->host = arena_copy(p->mem, host).p;
	return true;
}

void probe_run(struct arena *mem, const struct probe_ask *ask, struct probe_answer *out)
{
	struct probe p = { .mem = mem, .ask = ask, .out = out, .fd = -1 };

	*out = (struct probe_answer){ .stage = PROBE_DONE };
	if (begin(&p) && dial(&p) && (!str_eq(p.url.scheme, S("https")) || begin_tls(&p)))
		(void)talk(&p);
	tls_client_free(p.tls);
	if (p.fd >= 0)
		close(p.fd);
}
