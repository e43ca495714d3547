/* line: the bytes of a connection, in clear or under TLS; for what measures, so it believes any certificate. */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct line {
	int fd;
	void *ssl; /* NULL: in clear */
};

/* Once, before the first: connections are made under TLS. */
void line_use_tls(void);
/* Over a socket that will be connected. */
void line_open(struct line *l, int fd);
void line_close(struct line *l);
/* 1: may be written to; 0: waits for something to read, or to write when *writing; -1: it broke. */
int line_shake(struct line *l, bool *writing);
/* As send and recv; -1 with EAGAIN when the socket has no room, or nothing. */
ssize_t line_send(struct line *l, const char *p, size_t n);
ssize_t line_recv(struct line *l, char *p, size_t n);

#endif
