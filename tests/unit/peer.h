/* peer: the other end of a connection, played by the test: blocking sockets that give up after five seconds. */
#ifndef UNIT_PEER_H
#define UNIT_PEER_H

#include "base/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEER_MS 5000 /* nothing here takes that long */

/* A listening socket on a loopback address, "127.0.0.1" or "::1". */
static inline int peer_listen(const char *ip, int *port)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} at = { 0 };
	bool six = strchr(ip, ':') != NULL;
	socklen_t n = six ? sizeof at.v6 : sizeof at.v4;
	int fd, on = 1;

	at.sa.sa_family = six ? AF_INET6 : AF_INET;
	assert_int_equal(
	    inet_pton(at.sa.sa_family, ip, six ? (void *)&at.v6.sin6_addr : (void *)&at.v4.sin_addr), 1);
	at.v4.sin_port = htons((uint16_t)*port);
	fd = socket(at.sa.sa_family, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	assert_int_equal(bind(fd, &at.sa, n), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, &at.sa, &n), 0);
	*port = ntohs(at.v4.sin_port);
	return fd;
}

static inline bool peer_readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

static inline int peer_accept(int listener)
{
	assert_true(peer_readable(listener, PEER_MS));
	int fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

static inline int peer_dial(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	assert_true(fd >= 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static inline void peer_say_bytes(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
		assert_true(k > 0);
		p += k;
		n -= (size_t)k;
	}
}

static inline void peer_say(int fd, const char *text)
{
	peer_say_bytes(fd, text, strlen(text));
}

/* One byte a segment, as far as the kernel plays along. */
static inline void peer_say_slowly(int fd, const char *text)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	for (; *text; text++)
		peer_say_bytes(fd, text, 1);
}

/* Reads until text has come (and nothing behind it yet), or NULL: until the end. What came, NUL-terminated. */
static inline char *peer_hear(int fd, const char *until)
{
	static char text[16 << 20];
	size_t n = 0;

	for (;;) {
		text[n] = '\0';
		if (until && n >= strlen(until) && strstr(text, until))
			return text;
		if (!peer_readable(fd, PEER_MS))
			fail_msg("waited for '%s', and all that came is '%.2000s'", until ? until : "the end",
			    text);
		ssize_t k = recv(fd, text + n, sizeof text - 1 - n, 0);
		if (k <= 0 && until)
			fail_msg("waited for '%s', and it ended behind '%.2000s'", until, text);
		if (k <= 0)
			return text;
		n += (size_t)k;
	}
}

/* Exactly n bytes are thrown away. */
static inline void peer_skip(int fd, size_t n)
{
	static char room[65536];

	while (n) {
		assert_true(peer_readable(fd, PEER_MS));
		ssize_t k = recv(fd, room, n < sizeof room ? n : sizeof room, 0);
		assert_true(k > 0);
		n -= (size_t)k;
	}
}

/* Nothing comes within the time; it is also no end. */
static inline bool peer_silent(int fd, int ms)
{
	return !peer_readable(fd, ms);
}

/* The other end has closed, orderly or not. */
static inline bool peer_ended(int fd)
{
	char byte;

	return peer_readable(fd, PEER_MS) && recv(fd, &byte, 1, MSG_PEEK) <= 0;
}

/* Closes with a reset. */
static inline void peer_reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

#endif
