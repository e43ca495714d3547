/* request_inner: what each version of HTTP does for a request. Private to src/net. */
#ifndef NET_REQUEST_INNER_H
#define NET_REQUEST_INNER_H

#include "net/request.h"

/* See net/request.h. rq->conn is there whenever one of these is called. */
struct request_wire {
	void (*reply)(struct request *rq, const struct http_reply *reply);
	void (*read_body)(struct request *rq, int64_t max);
	void (*take)(struct request *rq, const struct stream_ops *ops, void *arg);
	void (*want)(struct request *rq, bool on);
	void (*head)(struct request *rq, const struct http_answer *a);
	bool (*send)(struct request *rq, const str *parts, size_t count);
	void (*end)(struct request *rq, str last);
	void (*abort)(struct request *rq);
	size_t (*waiting)(const struct request *rq);
};

extern const struct request_wire request_h1, request_h2;

/* A new request of c, with nothing in it but where it came from. */
struct request *request_new(struct conn *c, const struct request_wire *wire);
/* Lets go of it: app may hold it on, but it is nobody's any more. Whoever streams it is told, and app. */
void request_forget(struct request *rq);

#endif
