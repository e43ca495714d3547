/*
 * child: a process forked from ours before threads and before the sandbox, with one end of a socket pair and nothing else
 * of ours: no descriptors, no environment, not to be traced, dead when we die. It hears packets; each comes with a channel
 * of its own for the answer, so callers need no locks, and a child that dies is an end of file for all who wait.
 */
#ifndef NET_CHILD_H
#define NET_CHILD_H

#include "base/err.h"

#include <sys/types.h>
#include <sys/uio.h>

#define CHILD_FDS_MAX 4

struct child {
	pid_t pid; /* 0: none */
	int fd;
};

/*
 * Forks; the child calls run(fd, arg) and exits when it returns. name is what ps shows, 15 characters. Once we are gone
 * run sees the end of file, and is killed anyway. ERR_INTERNAL.
 */
CHECKED enum err child_start(struct child *ch, const char *name, void (*run)(int fd, void *arg), void *arg);
/* Ends it at once and waits for that: children keep nothing that would be lost. Nothing when it was never started. */
void child_stop(struct child *ch);
/* Whether it has ended by itself; child_stop is still to be called. */
bool child_ended(const struct child *ch);
/* Sends a packet; gives the descriptor on which its answer comes, -1 when there is no child, or with errno EMFILE or ENFILE. Any thread. */
int child_ask(const struct child *ch, const void *packet, size_t n);

/* Sends one packet of several parts, with descriptors. False when the other side is gone or does not read. */
bool packet_send(int fd, const struct iovec *parts, int count, const int *fds, size_t fd_count);
/*
 * Takes one packet of at most size bytes, waiting ms (-1: for ever). Its length; 0 at the end of file, -1 when none came or
 * it was longer than that. fds: room for CHILD_FDS_MAX, *fd_count of them are now the caller's (close-on-exec).
 */
ssize_t packet_take(int fd, void *room, size_t size, int64_t ms, int *fds, size_t *fd_count);

#endif
