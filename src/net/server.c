#include "base/time.h"
#include "net/h2.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS 16 /* a turn: the other loops watch the same socket and may be idle */

void server_shared_start(struct server_shared *s)
{
	atomic_init(&s->connections, 0);
	atomic_init(&s->accepted, 0);
	atomic_init(&s->turned_away, 0);
	atomic_init(&s->draining, false);
	s->peers = peers_new();
}

void server_shared_free(struct server_shared *s)
{
	peers_free(s->peers);
	s->peers = NULL;
}

struct server *server_new(struct loop *l, const struct server_hooks *hooks,
    const struct server_limits *limits, struct server_shared *shared, void *app)
{
	struct server *sv = calloc(1, sizeof *sv);

	if (!sv || !(sv->buffer = malloc(READ_SIZE)))
		abort();
	sv->loop = l;
	sv->hooks = hooks;
	sv->limits = *limits;
	sv->shared = shared;
	sv->app = app;
	sv->date_at = -1;
	sv->h2 = h2_kit_new();
	return sv;
}

void server_free(struct server *sv)
{
	if (!sv)
		return;
	h2_kit_free(sv->h2);
	free(sv->spare.p);
	free(sv->buffer);
	tls_unref(sv->tls);
	free(sv);
}

void *server_app(const struct server *sv)
{
	return sv->app;
}

struct loop *server_loop(const struct server *sv)
{
	return sv->loop;
}

size_t server_count(const struct server *sv)
{
	return sv->count;
}

void server_set_limits(struct server *sv, const struct server_limits *limits)
{
	sv->limits = *limits;
}

void server_set_tls(struct server *sv, struct tls *tls)
{
	struct tls *old = sv->tls;

	sv->tls = tls ? tls_ref(tls) : NULL;
	tls_unref(old);
}

/* Written once a second, not once a request. */
str server_date(struct server *sv)
{
	int64_t now = time_now();

	if (now != sv->date_at) {
		struct arena *mem = arena_new(1024);
		str text = time_http_date(mem, now);
		memcpy(sv->date, text.p, text.n < sizeof sv->date - 1 ? text.n + 1 : sizeof sv->date - 1);
		arena_unref(mem);
		sv->date_at = now;
	}
	return str_of(sv->date);
}

/* Over a cap: the cheapest answer that a client still understands. Under TLS there is none without a handshake. */
static void turn_away(struct server *sv, int fd, bool tls)
{
	static const char busy[] =
	    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n";

	atomic_fetch_add_explicit(&sv->shared->turned_away, 1, memory_order_relaxed);
	if (!tls)
		(void)send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(fd, SHUT_WR);
	close(fd);
}

static void welcome(struct server *sv, const struct inlet *from, int fd, const struct addr *peer)
{
	struct server_shared *all = sv->shared;
	/* Loopback peers are proxies and tools of this machine: one address stands for many there. */
	bool counted = !addr_loopback(peer);
	/* A unix socket is a proxy's, and `ops` is for this house's own tools: both stay in clear. */
	struct tls *tls = from->ops || from->local ? NULL : sv->tls;

	atomic_fetch_add_explicit(&all->accepted, 1, memory_order_relaxed);
	if (atomic_fetch_add_explicit(&all->connections, 1, memory_order_relaxed) >= sv->limits.connections ||
	    (counted && !peers_enter(all->peers, addr_key(peer), sv->limits.per_address))) {
		atomic_fetch_sub_explicit(&all->connections, 1, memory_order_relaxed);
		turn_away(sv, fd, tls != NULL);
		return;
	}
	if (!conn_open(sv, fd, from, peer, counted, tls)) {
		atomic_fetch_sub_explicit(&all->connections, 1, memory_order_relaxed);
		if (counted)
			peers_leave(all->peers, addr_key(peer));
	}
}

static void open_again(struct timer *t)
{
	struct door *d = (struct door *)(void *)((char *)t - offsetof(struct door, again));

	watch_set(&d->watch, WATCH_READ);
}

static void take_connections(struct watch *w, int events)
{
	struct door *d = (struct door *)(void *)w;
	(void)events;

	for (int i = 0; i < ACCEPTS; i++) {
		union {
			struct sockaddr sa;
			struct sockaddr_storage room;
		} from = { .sa.sa_family = AF_UNIX };
		socklen_t n = sizeof from;
		int fd = accept4(d->from->fd, &from.sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			/* Out of descriptors the socket stays readable: come again a little later instead of spinning. */
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
				watch_set(w, 0);
				d->again.fire = open_again;
				loop_timer(d->server->loop, &d->again, 200);
			}
			if (errno == ECONNABORTED || errno == EINTR)
				continue;
			return;
		}
		struct addr peer = addr_of(&from.sa);
		welcome(d->server, d->from, fd, &peer);
	}
}

enum err server_listen(struct server *sv, const struct inlet *l)
{
	if (sv->door_count == INLETS_MAX)
		return ERR_INTERNAL;
	struct door *d = &sv->doors[sv->door_count];
	d->server = sv;
	d->from = l;
	TRY(watch_open(sv->loop, &d->watch, l->fd, WATCH_READ, take_connections));
	sv->door_count++;
	return OK;
}

/* A request that has come by now, or in part, is still answered: it may lie in the socket. */
static void dismiss(struct conn *c)
{
	conn_read(c);
	if (c->state == CONN_HEAD && c->out.n == 0 && !c->begun)
		conn_close(c);
}

void server_drain(struct server *sv)
{
	sv->draining = true;
	for (size_t i = 0; i < sv->door_count; i++) {
		loop_timer_drop(sv->loop, &sv->doors[i].again);
		watch_close(&sv->doors[i].watch, NULL);
	}
	for (struct conn *c = sv->conns, *next; c; c = next) {
		next = c->next;
		if (c->state == CONN_H2)
			h2_drain(c);
		else if (c->state == CONN_STREAM && c->rq->ops->stopping)
			c->rq->ops->stopping(c->rq->arg);
		else if (c->state == CONN_SHAKE)
			conn_close(c);
		else if (c->state == CONN_HEAD)
			dismiss(c);
	}
}

bool server_draining(const struct server *sv)
{
	return sv->draining;
}

void server_cut(struct server *sv)
{
	while (sv->conns)
		conn_close(sv->conns);
}

void server_notice(struct server *sv, int kind, int64_t id)
{
	for (struct conn *c = sv->conns, *next; c; c = next) {
		next = c->next;
		if (c->state == CONN_H2)
			h2_notice(c, kind, id);
		else if (c->state == CONN_STREAM && c->rq->ops->notice)
			c->rq->ops->notice(c->rq->arg, kind, id);
	}
}
