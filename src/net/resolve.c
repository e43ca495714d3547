#include "net/resolve.h"

#include "base/time.h"
#include "net/thread.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define KEPT 64 /* names remembered */
#define FRESH_MS 30000
#define STALE_MS 600000 /* still used while the thread asks again */
#define MISS_MS 2000    /* a name that was not found is asked for again after this */

struct known {
	char host[256];
	struct addr found[RESOLVE_MAX];
	size_t count;
	int64_t until_ms; /* fresh; 0: free */
	int64_t found_ms; /* when the addresses were last heard of */
};

/* A name on its way through the thread: waiting, then posted to the loop that wants it. */
struct ask {
	struct task task; /* first */
	struct resolver *resolver;
	struct resolve *q; /* NULL: nobody waits for it, or not any more */
	struct loop *loop;
	struct ask *next, **link;
	char host[256];
	struct addr found[RESOLVE_MAX];
	size_t count;
};

struct resolver {
	struct thread thread;
	pthread_mutex_t lock; /* guards all that follows, and `q` of asks */
	pthread_cond_t work;
	struct ask *waiting, **last; /* the first one is being asked while busy */
	struct ask *posted;
	struct known known[KEPT];
	bool busy; /* in getaddrinfo */
	bool stop;
	bool orphaned; /* the owner did not wait: the thread gives r back */
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

/* --- what is remembered */

/* The place of a name: its own, a free one, or the one that is out of date first. */
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

static bool usable(const struct known *k, int64_t now)
{
	return k->count && now < k->found_ms + STALE_MS;
}

static void remember(struct resolver *r, const char *host, const struct addr *found, size_t count)
{
	struct known *k = place_of(r, host);
	bool same = strcmp(k->host, host) == 0;
	int64_t now = time_mono_ms();

	/* No answer, or "no such name" for once: what was good a moment ago is better than nothing. */
	if (count == 0 && same && usable(k, now)) {
		k->until_ms = now + MISS_MS;
		return;
	}
	*k =
	    (struct known){ .count = count, .until_ms = now + (count ? FRESH_MS : MISS_MS), .found_ms = now };
	memcpy(k->found, found, count * sizeof *found);
	memcpy(k->host, host, strlen(host) + 1);
}

/* --- the thread */

static void unlink_ask(struct ask *a)
{
	*a->link = a->next;
	if (a->next)
		a->next->link = a->link;
}

/* On the loop. */
static void tell(struct task *t)
{
	struct ask *a = (struct ask *)(void *)t;
	struct resolver *r = a->resolver;

	pthread_mutex_lock(&r->lock);
	unlink_ask(a);
	struct resolve *q = a->q;
	pthread_mutex_unlock(&r->lock);
	if (q) {
		memcpy(q->found, a->found, sizeof q->found);
		q->count = a->count;
		q->ask = NULL;
	}
	free(a);
	if (q)
		q->done(q);
}

static void post(struct resolver *r, struct ask *a, const struct addr *found, size_t count)
{
	memcpy(a->found, found, count * sizeof *found);
	a->count = count;
	a->task.run = tell;
	a->next = r->posted;
	a->link = &r->posted;
	if (a->next)
		a->next->link = &a->next;
	r->posted = a;
	loop_post(a->loop, &a->task);
}

/* Everybody who waits for this name. A loop may only be told while its question stands: it may be gone else. */
static void answer(struct resolver *r, const char *host, const struct addr *found, size_t count)
{
	struct ask **at = &r->waiting, *a;

	while ((a = *at)) {
		if (strcmp(a->host, host) != 0) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		if (a->q)
			post(r, a, found, count);
		else
			free(a);
	}
	r->last = at;
}

static void dispose(struct resolver *r)
{
	for (struct ask *a = r->waiting, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	for (struct ask *a = r->posted, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	pthread_cond_destroy(&r->work);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static void run(void *arg)
{
	struct resolver *r = arg;
	struct addr found[RESOLVE_MAX];
	char host[256];
	size_t count;

	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		if (!r->waiting) {
			pthread_cond_wait(&r->work, &r->lock);
			continue;
		}
		memcpy(host, r->waiting->host, sizeof host);
		r->busy = true;
		pthread_mutex_unlock(&r->lock);
		take_addresses(host, found, &count);
		pthread_mutex_lock(&r->lock);
		r->busy = false;
		remember(r, host, found, count);
		answer(r, host, found, count);
	}
	bool orphaned = r->orphaned;
	pthread_mutex_unlock(&r->lock);
	if (orphaned)
		dispose(r);
}

/* --- begin and end */

struct resolver *resolver_new(void)
{
	struct resolver *r = calloc(1, sizeof *r);

	if (!r)
		abort();
	r->last = &r->waiting;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	r->thread = (struct thread){ .name = "gh-resolve", .run = run, .arg = r };
	return r;
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	r->orphaned = r->busy;
	bool orphaned = r->orphaned;
	if (orphaned)
		pthread_detach(r->thread.id);
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
	if (orphaned)
		return;
	thread_join(&r->thread);
	dispose(r);
}

/* --- questions */

static bool known_at_once(struct resolve *q, str host)
{
	if (addr_parse(host, &q->found[0]) == OK) {
		q->count = 1;
		return true;
	}
	if (str_ieq(host, S("localhost"))) {
		/* RFC 6761 section 6.3: no name server is asked; many servers listen on one of the two only. */
		bool both = addr_parse(S("127.0.0.1"), &q->found[0]) == OK &&
		    addr_parse(S("::1"), &q->found[1]) == OK;
		q->count = both ? 2 : 0;
		return true;
	}
	return host.n >= sizeof q->host; /* no such name */
}

static bool being_asked(const struct resolver *r, const char *host)
{
	for (const struct ask *a = r->waiting; a; a = a->next)
		if (strcmp(a->host, host) == 0)
			return true;
	return false;
}

/* False when there is no thread to ask: it is made for the first name, as most upstreams are on this machine. */
static bool ask(struct resolver *r, struct loop *l, struct resolve *q, const char *host)
{
	struct ask *a = calloc(1, sizeof *a);

	if (!a)
		abort();
	if (!r->thread.started && thread_start(&r->thread) != OK) {
		free(a);
		return false;
	}
	a->resolver = r;
	a->loop = l;
	a->q = q;
	memcpy(a->host, host, strlen(host) + 1);
	*r->last = a;
	r->last = &a->next;
	if (q)
		q->ask = a;
	pthread_cond_signal(&r->work);
	return true;
}

/* Under the lock. */
static bool start(struct resolver *r, struct loop *l, struct resolve *q)
{
	const struct known *k = place_of(r, q->host);
	int64_t now = time_mono_ms();
	bool same = strcmp(k->host, q->host) == 0, fresh = same && now < k->until_ms;

	if (fresh || (same && usable(k, now))) {
		memcpy(q->found, k->found, sizeof q->found);
		q->count = k->count;
		if (!fresh && !being_asked(r, q->host))
			(void)ask(r, NULL, NULL, q->host);
		return true;
	}
	q->count = 0;
	return !ask(r, l, q, q->host);
}

bool resolve_start(struct resolver *r, struct loop *l, struct resolve *q, str host)
{
	q->ask = NULL;
	q->count = 0;
	if (known_at_once(q, host))
		return true;
	memcpy(q->host, host.p, host.n);
	q->host[host.n] = '\0';
	pthread_mutex_lock(&r->lock);
	bool at_once = start(r, l, q);
	pthread_mutex_unlock(&r->lock);
	return at_once;
}

void resolve_cancel(struct resolver *r, struct resolve *q)
{
	if (!q->ask)
		return;
	pthread_mutex_lock(&r->lock);
	q->ask->q = NULL;
	pthread_mutex_unlock(&r->lock);
	q->ask = NULL;
}
