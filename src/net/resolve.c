#include "net/resolve.h"

#include "base/time.h"
#include "net/thread.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define KEPT 64         /* names remembered */
#define KEEP_MS 30000   /* how long */
#define MISS_MS 2000    /* a name that was not found is asked for again after this */

struct known {
	char host[256];
	struct addr found[RESOLVE_MAX];
	size_t count;
	int64_t until_ms; /* 0: free */
};

struct resolver {
	struct thread thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct resolve *first, **last;
	struct known known[KEPT];
	bool stop;
};

static void take_addresses(const char *host, struct addr *found, size_t *count)
{
	struct addrinfo want = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *list = NULL;

	*count = 0;
	if (getaddrinfo(host, NULL, &want, &list) != 0)
		return;
	for (const struct addrinfo *a = list; a && *count < RESOLVE_MAX; a = a->ai_next)
		if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
			found[(*count)++] = addr_of(a->ai_addr);
	freeaddrinfo(list);
}

/* The place of a name: its own, a free one, or the one that is out of date first. Under the lock. */
static struct known *place_of(struct resolver *r, const char *host)
{
	struct known *best = &r->known[0];

	for (size_t i = 0; i < KEPT; i++) {
		if (strcmp(r->known[i].host, host) == 0)
			return &r->known[i];
		if (r->known[i].until_ms < best->until_ms)
			best = &r->known[i];
	}
	return best;
}

static void remember(struct resolver *r, const struct resolve *q)
{
	struct known *k = place_of(r, q->host);

	memcpy(k->host, q->host, sizeof k->host);
	memcpy(k->found, q->found, sizeof k->found);
	k->count = q->count;
	k->until_ms = time_mono_ms() + (q->count ? KEEP_MS : MISS_MS);
}

static void run(void *arg)
{
	struct resolver *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		struct resolve *q = r->first;
		if (!q) {
			pthread_cond_wait(&r->work, &r->lock);
			continue;
		}
		r->first = q->next;
		if (!r->first)
			r->last = &r->first;
		pthread_mutex_unlock(&r->lock);
		take_addresses(q->host, q->found, &q->count);
		pthread_mutex_lock(&r->lock);
		remember(r, q);
		loop_post(q->loop, &q->task);
	}
	pthread_mutex_unlock(&r->lock);
}

struct resolver *resolver_new(void)
{
	struct resolver *r = calloc(1, sizeof *r);

	if (!r)
		abort();
	r->last = &r->first;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	r->thread = (struct thread){ .name = "resolve", .run = run, .arg = r };
	return r;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
	thread_join(&r->thread);
	pthread_cond_destroy(&r->work);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static bool known_at_once(struct resolve *q, str host)
{
	if (addr_parse(host, &q->found[0]) == OK) {
		q->count = 1;
		return true;
	}
	if (str_ieq(host, S("localhost"))) {
		q->count = addr_parse(S("127.0.0.1"), &q->found[0]) == OK && addr_parse(S("::1"), &q->found[1]) == OK ? 2 : 0;
		return true;
	}
	return host.n >= sizeof q->host; /* no such name */
}

static void answer(struct task *t)
{
	struct resolve *q = (struct resolve *)(void *)t;

	q->done(q);
}

bool resolve_start(struct resolver *r, struct loop *l, struct resolve *q, str host)
{
	bool found = false;

	if (known_at_once(q, host))
		return true;
	memcpy(q->host, host.p, host.n);
	q->host[host.n] = '\0';
	pthread_mutex_lock(&r->lock);
	const struct known *k = place_of(r, q->host);
	if (strcmp(k->host, q->host) == 0 && k->until_ms > time_mono_ms()) {
		memcpy(q->found, k->found, sizeof q->found);
		q->count = k->count;
		found = true;
	} else {
		q->loop = l;
		q->task.run = answer;
		q->next = NULL;
		*r->last = q;
		r->last = &q->next;
		/* The thread is made when a name needs asking for the first time: most upstreams are on this machine. */
		if (!r->thread.started && thread_start(&r->thread) != OK) {
			r->first = NULL;
			r->last = &r->first;
			q->count = 0;
			found = true;
		}
		pthread_cond_signal(&r->work);
	}
	pthread_mutex_unlock(&r->lock);
	return found;
}
