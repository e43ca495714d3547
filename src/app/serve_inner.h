/* serve_inner: what the files of serve share. One daemon, run by its main thread. Private to serve*.c. */
#ifndef APP_SERVE_INNER_H
#define APP_SERVE_INNER_H

#include "app/house.h"
#include "app/serve.h"

#include <pthread.h>

struct serve {
	struct house house;
	const struct config *config;
	const struct serve_hooks *hooks;
	struct db *db; /* the main thread's own: for sites */
	struct house_site *site;
	struct keeper *keeper;
	struct control *control;
	pthread_mutex_t lock;
	struct exchange *waiting;   /* for the next site */
	struct exchange *rereading; /* for the next configuration */
	atomic_bool wanted, reread;
	bool ending;
	struct buf why;
};

/* Says in s->why what went wrong, unless something more exact stands there already. Gives e. */
enum err serve_failed(struct serve *s, enum err e, const char *what);

/* Opens the store, with its schema brought up to date, unless the issuer or the clock speaks against serving from it. */
CHECKED enum err serve_open_store(struct serve *s);

/* The first site with its certificates, before there are floors. */
CHECKED enum err serve_make_site(struct serve *s);
/* Plugs house.reload and house.reread: who wants a new site or configuration wakes the main thread of s. */
void serve_plug_reload(struct serve *s);
/* Gives every floor the site or the configuration that somebody wanted. */
void serve_renew(struct serve *s);
/* Reads the configuration again; one that cannot be taken over is logged, and everything stays as it is. */
void serve_reload(struct serve *s);
/* There will be no other site: who waits for one, now or later, is sent home. */
void serve_end_reloads(struct serve *s);

#endif
