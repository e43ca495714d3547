#include "net/process.h"

#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void waited_for(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGCHLD);
}

static void no_secrets_outside(void)
{
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef __SANITIZE_ADDRESS__ /* its leak check attaches to the process from outside */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	umask(077);
}

void process_settle(void)
{
	struct rlimit files;
	sigset_t set;

	no_secrets_outside();
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	/* Every thread with a heap of its own would keep what others could use; requests have arenas anyway. */
	(void)mallopt(M_ARENA_MAX, 2);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 20);
	signal(SIGPIPE, SIG_IGN);
	waited_for(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int64_t process_descriptors(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return 1024;
	return files.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)files.rlim_cur;
}

enum process_signal process_wait(int64_t ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	sigset_t set;
	int sig;

	waited_for(&set);
	sig = ms < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &ts);
	switch (sig) {
	case SIGTERM:
	case SIGINT:
		return PROCESS_STOP;
	case SIGHUP:
		return PROCESS_RELOAD;
	case SIGUSR1:
		return PROCESS_NUDGE;
	case SIGCHLD:
		return PROCESS_CHILD;
	default:
		return PROCESS_NOTHING;
	}
}

void process_nudge(void)
{
	(void)kill(getpid(), SIGUSR1);
}
