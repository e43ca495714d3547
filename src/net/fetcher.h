/*
 * fetcher: the only one of our processes that connects to places named by strangers (client metadata, key sets). Forked
 * before threads and before the sandbox; it looks at the URL and forks a job for each document, which resolves the name
 * once, judges every address, and speaks TLS by libcurl to an address that was judged, and ends. So a document that takes
 * libcurl over has taken a process that holds nothing, for five seconds; and an idle daemon has no libcurl in memory.
 * A third process, which hears nobody, starts it again when it dies or is stopped.
 */
#ifndef NET_FETCHER_H
#define NET_FETCHER_H

#include "core/fetch.h"
#include "net/child.h"

#define FETCHER_HOST_MAX 2 /* jobs of one host at once */
#define FETCHER_JOBS_MAX 16
#define FETCHER_WAIT_MAX 48

struct fetcher {
	struct child child;
};

/* Before threads. ERR_INTERNAL. */
CHECKED enum err fetcher_start(struct fetcher *f);
void fetcher_stop(struct fetcher *f);
/* The fetch of a struct fetch_port: arg is the struct fetcher. Any thread that may block. A fetcher that
 * dies answers FETCH_GONE to who waits; who comes later waits for the next one. */
void fetcher_fetch(
    void *arg, str url, const struct fetch_policy *policy, struct arena *mem, struct fetch_answer *out);
/* "address", "tls" and the like, for logs. */
const char *fetch_result_name(enum fetch_result r);

#endif
