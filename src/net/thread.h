/* thread: named threads with small stacks and all signals blocked. */
#ifndef NET_THREAD_H
#define NET_THREAD_H

#include "base/err.h"

#include <pthread.h>

#define THREAD_STACK ((size_t)256 * 1024)

struct thread {
	pthread_t id;
	char name[16];
	int nice; /* 0 to 19 */
	void (*run)(void *arg);
	void *arg;
	bool started;
};

/* Starts t, whose fields run, arg, name and nice are set, and which outlives the thread. ERR_INTERNAL. */
CHECKED enum err thread_start(struct thread *t);
/* Waits for its end; nothing when it was never started. */
void thread_join(struct thread *t);
/* Processors that this process may use. */
int thread_cores(void);

#endif
