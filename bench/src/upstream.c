/*
 * upstream PORT: the smallest HTTP/1.1 server that a proxy can be measured in front of. Each request is answered with 200 and
 * the same 400 bytes of JSON. Bodies by Content-Length only. It checks nothing, because it is not what is measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 65536, BODY = 400 };

struct conn {
	int fd;
	size_t len;
	char in[ROOM + 1];
};

static char answer[BODY + 128];
static size_t answer_len;

static void make_answer(void)
{
	static const char begin[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"";
	static const char end[] = "\"}],\"isError\":false}}";
	int n = snprintf(answer, sizeof answer,
	    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", BODY);
	char *body = answer + n;

	memset(body, 'x', BODY);
	memcpy(body, begin, sizeof begin - 1);
	memcpy(body + BODY - (sizeof end - 1), end, sizeof end - 1);
	answer_len = (size_t)n + BODY;
}

/* The length of the first request, 0 when it is not whole yet. p ends with a NUL. */
static size_t request_len(const char *p, size_t n)
{
	const char *end = strstr(p, "\r\n\r\n");

	if (!end)
		return 0;
	size_t len = (size_t)(end + 4 - p);
	for (const char *line = strchr(p, '\n'); line && line < end; line = strchr(line + 1, '\n'))
		if (strncasecmp(line + 1, "content-length:", 15) == 0)
			len += strtoul(line + 16, NULL, 10);
	return len <= n ? len : 0;
}

/* False when the connection has ended. */
static int serve(struct conn *c)
{
	ssize_t n = recv(c->fd, c->in + c->len, ROOM - c->len, 0);
	size_t used = 0;

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	c->len += (size_t)n;
	c->in[c->len] = 0;
	for (size_t one; used < c->len && (one = request_len(c->in + used, c->len - used)) > 0; used += one)
		if (send(c->fd, answer, answer_len, MSG_NOSIGNAL) != (ssize_t)answer_len)
			return 0;
	memmove(c->in, c->in + used, c->len -= used);
	return c->len < ROOM;
}

static void let_in(int poll, int door)
{
	int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK), one = 1;
	struct conn *c = fd < 0 ? NULL : malloc(sizeof *c);

	if (!c)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->fd = fd;
	c->len = 0;
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event e = { .events = EPOLLIN }, events[256];
	int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0), one = 1;

	if (argc != 2)
		return 2;
	make_answer();
	at.sin_port = htons((in_port_t)atoi(argv[1]));
	setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(door, (struct sockaddr *)&at, sizeof at) != 0 || listen(door, 1024) != 0) {
		perror("upstream");
		return 1;
	}
	epoll_ctl(poll, EPOLL_CTL_ADD, door, &e);
	for (;;) {
		int n = epoll_wait(poll, events, 256, -1);
		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;
			if (!c) {
				let_in(poll, door);
			} else if (!serve(c)) {
				close(c->fd);
				free(c);
			}
		}
	}
}
