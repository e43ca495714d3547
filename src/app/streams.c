#include "app/streams.h"

#include <pthread.h>
#include <stdlib.h>

#define LISTS 1024

/* There are at most as many as connections, so the lists stay short. */
struct person {
	struct person *next;
	int64_t who, open;
};

static struct {
	pthread_mutex_t lock;
	struct person *lists[LISTS];
	int64_t open;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* What points to who, or to the end of the list where it would stand. */
static struct person **find(int64_t who)
{
	struct person **at = &all.lists[(uint64_t)who * 0x9e3779b97f4a7c15u >> 54];

	while (*at && (*at)->who != who)
		at = &(*at)->next;
	return at;
}

static bool enter(int64_t who, int64_t max)
{
	struct person **at = find(who);

	if (!*at) {
		*at = calloc(1, sizeof **at);
		if (!*at)
			abort();
		(*at)->who = who;
	}
	if ((*at)->open >= max)
		return false;
	(*at)->open++;
	all.open++;
	return true;
}

bool streams_enter(int64_t who, int64_t max)
{
	pthread_mutex_lock(&all.lock);
	bool ok = max > 0 && enter(who, max);
	pthread_mutex_unlock(&all.lock);
	return ok;
}

void streams_leave(int64_t who)
{
	pthread_mutex_lock(&all.lock);
	struct person **at = find(who), *p = *at;
	all.open--;
	if (p && --p->open == 0) {
		*at = p->next;
		free(p);
	}
	pthread_mutex_unlock(&all.lock);
}

int64_t streams_count(void)
{
	pthread_mutex_lock(&all.lock);
	int64_t n = all.open;
	pthread_mutex_unlock(&all.lock);
	return n;
}
