/*
 * probe: one HTTP request that blocks, for verbs that look at an address as a client would (doctor, protect). Never part of
 * the daemon: it resolves names, waits, and goes wherever it is sent.
 */
#ifndef NET_PROBE_H
#define NET_PROBE_H

#include "base/url.h"
#include "http/parse.h"

#define PROBE_BODY_MAX 262144

/* How far a request came. */
enum probe_stage { PROBE_URL, PROBE_DNS, PROBE_CONNECT, PROBE_TLS, PROBE_HTTP, PROBE_DONE };

struct probe_ask {
	str method;                        /* "GET" */
	str url;                           /* http or https */
	const struct http_header *headers; /* besides Host, Content-Length and Connection */
	size_t header_count;
	str body;
	int64_t timeout_ms; /* for each step */
};

struct probe_answer {
	enum probe_stage stage; /* PROBE_DONE, or the step that failed */
	str why;                /* what went wrong there: a phrase */
	str address;            /* that was connected to */
	str tls;                /* "TLSv1.3"; empty for http */
	struct http_res res;
	str body; /* of a stream of events: its first event */
};

/* Redirects are answers like others. */
void probe_run(struct arena *mem, const struct probe_ask *ask, struct probe_answer *out);

#endif
