/* The connections of one loop to upstreams: which wait for a request, and which have one. */
#include "net/upstream_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#define READ_SIZE ((size_t)65536)

struct pool *pool_new(struct loop *l, struct resolver *r)
{
	struct pool *p = calloc(1, sizeof *p);

	if (!p || !(p->buffer = malloc(READ_SIZE)))
		abort();
	p->loop = l;
	p->resolver = r;
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	while (p->idle)
		upcall_shut(p->idle);
	while (p->busy)
		upcall_shut(p->busy);
	buf_free(&p->spare);
	buf_free(&p->scratch);
	free(p->buffer);
	free(p);
}

struct buf *pool_scratch(struct pool *p)
{
	return &p->scratch;
}

size_t pool_idle(const struct pool *p)
{
	return p->idle_count;
}

static void enter(struct upcall **list, struct upcall *x)
{
	x->next = *list;
	x->link = list;
	if (x->next)
		x->next->link = &x->next;
	*list = x;
}

void pool_enter_busy(struct pool *p, struct upcall *x)
{
	enter(&p->busy, x);
}

void pool_leave(struct upcall *x)
{
	if (!x->link)
		return;
	if (x->state == UP_IDLE)
		x->pool->idle_count--;
	*x->link = x->next;
	if (x->next)
		x->next->link = x->link;
	x->link = NULL;
}

bool pool_keep(struct pool *p, struct upcall *x)
{
	if (p->idle_count >= UP_IDLE_MAX)
		return false;
	pool_leave(x);
	x->state = UP_IDLE;
	enter(&p->idle, x);
	p->idle_count++;
	return true;
}

/* Closed, or says something that nobody asked for. */
static bool has_ended(const struct upcall *x)
{
	char byte;

	return recv(x->line->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	    (errno != EAGAIN && errno != EWOULDBLOCK);
}

/*
 * Whether the server has closed it meanwhile shows when it is used: the loop has seen what came up to the last turn, and
 * what ended since is asked again (upcall_ops.failed). Only who cannot ask again looks first.
 */
struct upcall *pool_take(struct pool *p, const struct upcall_want *want)
{
	for (struct upcall *x = p->idle, *next; x; x = next) {
		next = x->next;
		if (x->want.port != want->port || !str_ieq(x->want.host, want->host))
			continue;
		if (want->sure && has_ended(x)) {
			upcall_shut(x);
			continue;
		}
		pool_leave(x);
		return x;
	}
	return NULL;
}
