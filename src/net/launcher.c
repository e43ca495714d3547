#include "net/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define VERSION 1u
#define RUNNING_MAX 64
#define ANSWER_MS 5000

struct launch_ask {
	uint32_t version, index;
};

struct launch_told {
	uint32_t version, result; /* enum err */
};

struct table {
	const struct launch_command *commands;
	size_t count;
};

/* --- the child */

static void become(const struct launch_command *c, int in, int out, int failed)
{
	static const char *const plain[] = { "PATH=/usr/local/bin:/usr/bin:/bin", NULL };
	static const int tame[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE };
	const char *const *env = c->env ? c->env : plain;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What we ignore, a program would too: that survives exec. */
	for (size_t i = 0; i < COUNT(tame); i++)
		signal(tame[i], SIG_DFL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && chdir(c->dir ? c->dir : "/") == 0)
		(void)execve(c->argv[0], (char **)(uintptr_t)c->argv, (char **)(uintptr_t)env);
	(void)!write(failed, "", 1);
	_exit(127);
}

struct pipes {
	int in[2], out[2], failed[2];
};

static void close_both(int *fd)
{
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
}

static bool open_pipes(struct pipes *p)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	return pipe2(p->in, O_CLOEXEC) == 0 && pipe2(p->out, O_CLOEXEC) == 0 &&
	    pipe2(p->failed, O_CLOEXEC) == 0;
}

/* Waits for the exec: its success closes the pipe, a failure writes into it. */
static bool became(struct pipes *p)
{
	char c;
	ssize_t n;

	close(p->failed[1]);
	p->failed[1] = -1;
	do
		n = read(p->failed[0], &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 0;
}

static enum err launch(const struct launch_command *c, int fds[3], struct pipes *p, int *process)
{
	pid_t pid = fork();

	if (pid == 0)
		become(c, p->in[0], p->out[1], p->failed[1]);
	if (pid < 0)
		return ERR_OVERLOADED;
	/* It has not been waited for, so its number is still its own. */
	*process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (!became(p) || *process < 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return ERR_NOT_FOUND;
	}
	fds[0] = p->in[1];
	fds[1] = p->out[0];
	fds[2] = *process;
	return OK;
}

static void answer(int fd, enum err result, const int *fds)
{
	struct launch_told told = { VERSION, (uint32_t)result };
	struct iovec part = { &told, sizeof told };

	(void)packet_send(fd, &part, 1, fds, result == OK ? 3 : 0);
}

static enum err serve(
    const struct table *t, const struct launch_ask *ask, ssize_t n, size_t running, int reply)
{
	struct pipes p;
	int fds[3], process = -1;
	enum err e = ERR_OVERLOADED;

	if (n != (ssize_t)sizeof *ask || ask->version != VERSION || ask->index >= t->count)
		e = ERR_NOT_FOUND;
	else if (running < RUNNING_MAX && open_pipes(&p)) {
		e = launch(&t->commands[ask->index], fds, &p, &process);
		answer(reply, e, fds);
		close_both(p.in);
		close_both(p.out);
		close_both(p.failed);
		if (process >= 0)
			close(process);
		return e;
	}
	answer(reply, e, NULL);
	return e;
}

static void sit(int fd, void *arg)
{
	const struct table *t = arg;
	size_t running = 0;

	for (;;) {
		struct launch_ask ask;
		int fds[CHILD_FDS_MAX];
		size_t fd_count;
		ssize_t n = packet_take(fd, &ask, sizeof ask, -1, fds, &fd_count);
		if (n == 0)
			return;
		while (running > 0 && waitpid(-1, NULL, WNOHANG) > 0)
			running--;
		if (fd_count > 0 && serve(t, &ask, n, running, fds[0]) == OK)
			running++;
		for (size_t i = 0; i < fd_count; i++)
			close(fds[i]);
	}
}

/* --- our side */

enum err launcher_start(struct launcher *l, const struct launch_command *commands, size_t count)
{
	struct table t = { commands, count };

	return child_start(&l->child, "gh-launch", sit, &t);
}

void launcher_stop(struct launcher *l)
{
	child_stop(&l->child);
}

static enum err take(int fd, struct launched *out)
{
	struct launch_told told;
	int fds[CHILD_FDS_MAX];
	size_t fd_count;

	ssize_t n = packet_take(fd, &told, sizeof told, ANSWER_MS, fds, &fd_count);
	if (n == (ssize_t)sizeof told && told.version == VERSION && told.result == OK && fd_count == 3) {
		*out = (struct launched){ .in = fds[0], .out = fds[1], .process = fds[2] };
		return OK;
	}
	for (size_t i = 0; i < fd_count; i++)
		close(fds[i]);
	if (n != (ssize_t)sizeof told || told.version != VERSION)
		return ERR_INTERNAL;
	return told.result == ERR_NOT_FOUND || told.result == ERR_OVERLOADED ? (enum err)told.result
									     : ERR_INTERNAL;
}

enum err launcher_run(const struct launcher *l, size_t index, struct launched *out)
{
	struct launch_ask ask = { VERSION, index < UINT32_MAX ? (uint32_t)index : UINT32_MAX };

	int fd = child_ask(&l->child, &ask, sizeof ask);
	if (fd < 0)
		return ERR_INTERNAL;
	enum err e = take(fd, out);
	close(fd);
	return e;
}

void launched_end(struct launched *run)
{
	(void)syscall(SYS_pidfd_send_signal, run->process, SIGKILL, NULL, 0);
	close(run->in);
	close(run->out);
	close(run->process);
	*run = (struct launched){ -1, -1, -1 };
}
