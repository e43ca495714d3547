#include "net/thread.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static void *body(void *arg)
{
	struct thread *t = arg;

	pthread_setname_np(pthread_self(), t->name);
	/* On Linux niceness is a thread's own; whether it may be lowered is no matter of life. */
	if (t->nice)
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(), t->nice);
	t->run(t->arg);
	return NULL;
}

enum err thread_start(struct thread *t)
{
	pthread_attr_t attr;
	sigset_t all, old;

	if (pthread_attr_init(&attr) != 0)
		return ERR_INTERNAL;
	(void)pthread_attr_setstacksize(&attr, THREAD_STACK);
	/* Signals are the main thread's: it alone waits for them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	t->started = pthread_create(&t->id, &attr, body, t) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return t->started ? OK : ERR_INTERNAL;
}

void thread_join(struct thread *t)
{
	if (!t->started)
		return;
	pthread_join(t->id, NULL);
	t->started = false;
}

int thread_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	int n = CPU_COUNT(&set);
	return n > 0 ? n : 1;
}
