/* server: one loop's part of the HTTP server: its connections, their limits and counts, and whom they speak to. */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "net/loop.h"
#include "net/request.h"

struct server_limits {
	int64_t head_ms;     /* from the first byte of a head to its end */
	int64_t idle_ms;     /* between requests */
	int64_t stall_ms;    /* a client that does not take what is sent */
	int64_t answer_ms;   /* the longest wait for an answer that is not a stream */
	int64_t body_rate;   /* bytes a second that a body has at least, after head_ms of grace */
	int64_t connections; /* in all */
	int64_t per_address; /* of one IPv4 address or IPv6 /64; not counted for loopback and unix sockets */
	size_t arena_cap;    /* bytes that one request may make us keep */
};

/* Whom the server speaks to: app. See net/request.h for the order. */
struct server_hooks {
	void (*head)(struct request *rq);
	void (*ready)(struct request *rq);
	/* The message is broken or too large: answer with e and reply.close. rq->http may be empty. */
	void (*broken)(struct request *rq, enum err e);
	/* The answer did not come within answer_ms: answer with something; the one that was awaited is dropped. */
	void (*late)(struct request *rq);
	/* The connection ended before rq was answered, or it was answered by somebody else than rq->app. */
	void (*gone)(struct request *rq);
};

/* What all loops count together. */
struct server_shared {
	atomic_int_fast64_t connections; /* now */
	atomic_int_fast64_t accepted;    /* ever */
	atomic_int_fast64_t turned_away; /* over a cap */
	atomic_bool draining;
	struct peers *peers; /* connections by address */
};

struct server;
struct tls;

/* hooks and limits must outlive the server; app is for server_app. */
struct server *server_new(struct loop *l, const struct server_hooks *hooks,
    const struct server_limits *limits, struct server_shared *shared, void *app);
/* After the loop has stopped: closes what is left. */
void server_free(struct server *sv);
void *server_app(const struct server *sv);
struct loop *server_loop(const struct server *sv);
/* Starts taking connections from a listening socket, which other loops may watch too. */
CHECKED enum err server_listen(struct server *sv, const struct inlet *l);
/*
 * Takes no more connections and closes the idle ones; those with a request close after their answer. Streams are told
 * (stream_ops.stopping); who becomes one later asks server_draining.
 */
void server_drain(struct server *sv);
bool server_draining(const struct server *sv);
/* Ends everything at once. */
void server_cut(struct server *sv);
/* Connections of this loop. */
size_t server_count(const struct server *sv);
/* Tells every stream of this loop (stream_ops.notice). */
void server_notice(struct server *sv, int kind, int64_t id);
/* TLS for connections to come on TCP sockets that are not `ops`; takes a reference. NULL: in clear. The loop's thread. */
void server_set_tls(struct server *sv, struct tls *tls);
/* New limits, for connections and requests to come. The loop's thread. */
void server_set_limits(struct server *sv, const struct server_limits *limits);

/* Empty counts; peers is made here. */
void server_shared_start(struct server_shared *s);
void server_shared_free(struct server_shared *s);

#endif
