/*
 * house: what the running daemon has, one a process, and what each of its loop threads has (a floor). Made by serve.c;
 * everything else in app finds it through the exchange it works on.
 */
#ifndef APP_HOUSE_H
#define APP_HOUSE_H

#include "app/lanes.h"
#include "core/limit.h"
#include "core/outside.h"
#include "app/metrics.h"
#include "app/revoked.h"
#include "app/site_load.h"
#include "core/once.h"
#include "gate/pass.h"
#include "net/fetcher.h"
#include "net/resolve.h"
#include "net/server.h"
#include "net/thread.h"
#include "net/tls.h"

#define FLOORS_MAX 16

struct house;

/* One loop thread. Everything here is that thread's own, but for the counters, which others may read. */
struct floor {
	struct house *house;
	size_t index;
	struct loop *loop;
	struct server *server;
	struct thread thread;
	const struct house_site *site; /* what new exchanges see */
	struct pass_cache *passes;
	void *gateway;              /* app/gateway.c's own: its pool of connections to upstreams */
	struct exchange *out_first; /* for the lanes, handed over before the loop sleeps */
	struct exchange **out_end;
	struct metrics metrics;
	int64_t exchanges; /* under way, streams not counted */
};

struct house {
	struct lanes *lanes;
	struct limits *limits;
	struct revoked *revoked;
	struct outside *outside;                        /* documents of others */
	struct once *endpoint_proofs, *resource_proofs; /* of every site: core/site.h */
	struct dpop_keys *proof_keys;
	struct resolver *resolver; /* of upstreams' names */
	struct fetcher fetcher;    /* of documents that strangers name */
	struct inlets inlets;
	struct server_shared shared;
	struct tls *tls; /* for connections to come; the main thread's. NULL: listen is in clear */
	struct floor floors[FLOORS_MAX];
	size_t floor_count;
	int64_t started; /* epoch seconds */
	/* asks the main thread to load the site again; waiting (or NULL) goes home once every floor has it. Any thread. */
	void (*reload)(struct house *h, struct exchange *waiting);
	/*
	 * The same with the configuration read again: waiting's result says whether it was taken over, and its c.state, a struct
	 * buf, gets {"restart_needed":...}: whether something else in it only counts after a restart.
	 */
	void (*reread)(struct house *h, struct exchange *waiting);
	const struct config *config;         /* the newest; main thread's */
	atomic_bool forwarded_differs;       /* a trusted proxy said another host or scheme than base_url */
	atomic_int notices;                  /* app/notices.c's own: how many are on their way */
	atomic_int_fast64_t store_failed_at; /* epoch seconds of the last fault of the store, 0: none */
};

/*
 * Makes the floors and all they share, without threads. site: every floor takes a reference. ERR_INTERNAL when the system has
 * no descriptors left.
 */
CHECKED enum err house_open(struct house *h, const struct config *config, const struct house_site *site);
/* Gives a site what outlives sites, before any request sees it. */
void house_lend(struct house *h, struct house_site *site);
/* Starts the loop threads; h->lanes and h->inlets must stand. */
CHECKED enum err house_start(struct house *h);
/* Ends the loop threads, cutting what is still open. */
void house_stop(struct house *h);
/* Gives everything back. */
void house_close(struct house *h);
/* What the servers of the floors are told of a configuration. */
struct server_limits house_limits(const struct config *config);
/* Hands a task's copy to every floor: fn(floor, arg) runs on each loop thread, done(arg) after the last one. done may be NULL. */
void house_each(struct house *h, void (*fn)(struct floor *f, void *arg), void *arg, void (*done)(void *arg));

#endif
