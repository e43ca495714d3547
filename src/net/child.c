#include "net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_FD 3

/* Standard error stays, for the log. */
static void drop_all_but(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	if (fd != OWN_FD)
		(void)dup3(fd, OWN_FD, O_CLOEXEC);
	(void)close_range(OWN_FD + 1, ~0U, 0);
}

static void settle(pid_t parent, const char *name)
{
	struct rlimit none = { 0, 0 };
	sigset_t empty;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0); /* it died before we asked to be told */
	(void)prctl(PR_SET_NAME, name);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	/* Ctrl-C at a terminal goes to the whole group: the daemon still has to drain, so its end is what ends us. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	(void)clearenv();
}

enum err child_start(struct child *ch, const char *name, void (*run)(int fd, void *arg), void *arg)
{
	pid_t self = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_INTERNAL;
	/* A child that was stopped must not stop who asks it. */
	(void)setsockopt(
	    pair[0], SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){ .tv_sec = 1 }, sizeof(struct timeval));
	pid_t pid = fork();
	if (pid == 0) {
		settle(self, name);
		drop_all_but(pair[1]);
		run(OWN_FD, arg);
		_exit(0);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return ERR_INTERNAL;
	}
	*ch = (struct child){ pid, pair[0] };
	return OK;
}

void child_stop(struct child *ch)
{
	if (ch->pid <= 0)
		return;
	close(ch->fd);
	(void)kill(ch->pid, SIGKILL);
	while (waitpid(ch->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*ch = (struct child){ 0, -1 };
}

bool child_ended(const struct child *ch)
{
	siginfo_t info = { .si_pid = 0 };

	return ch->pid > 0 && waitid(P_PID, (id_t)ch->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid == ch->pid;
}

int child_ask(const struct child *ch, const void *packet, size_t n)
{
	struct iovec part = { .iov_base = (void *)(uintptr_t)packet, .iov_len = n };
	int pair[2];

	errno = ECHILD;
	if (ch->pid <= 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	bool sent = packet_send(ch->fd, &part, 1, &pair[1], 1);
	close(pair[1]);
	if (sent)
		return pair[0];
	close(pair[0]);
	errno = ECHILD;
	return -1;
}

/* --- packets */

union control {
	struct cmsghdr head; /* for its alignment */
	char room[CMSG_SPACE(sizeof(int) * CHILD_FDS_MAX)];
};

bool packet_send(int fd, const struct iovec *parts, int count, const int *fds, size_t fd_count)
{
	union control c = { 0 };
	struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)count };

	if (fd_count > CHILD_FDS_MAX)
		return false;
	if (fd_count) {
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		c.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int) * fd_count),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&c.head), fds, sizeof(int) * fd_count);
	}
	ssize_t n;
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n >= 0;
}

static void take_fds(struct msghdr *m, int *fds, size_t *fd_count)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n && *fd_count < CHILD_FDS_MAX; i++)
			memcpy(&fds[(*fd_count)++], CMSG_DATA(h) + i * sizeof(int), sizeof(int));
	}
}

ssize_t packet_take(int fd, void *room, size_t size, int64_t ms, int *fds, size_t *fd_count)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct iovec part = { .iov_base = room, .iov_len = size };
	union control c;
	struct msghdr m = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c
	};

	*fd_count = 0;
	/* A signal here is only one that stops or continues us; waiting anew then is no matter. */
	int polled;
	do
		polled = poll(&ready, 1, ms < 0 ? -1 : (int)ms);
	while (polled < 0 && errno == EINTR);
	if (polled <= 0)
		return -1;
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n <= 0)
		/* A channel whose other end is closed unread says so with ECONNRESET. */
		return n == 0 || errno == ECONNRESET ? 0 : -1;
	take_fds(&m, fds, fd_count);
	if (!(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return n;
	for (size_t i = 0; i < *fd_count; i++)
		close(fds[i]);
	*fd_count = 0;
	return -1;
}
