/* fetch: what rooms that know no network say when they want an outside document, and what they are told. A port. */
#ifndef CORE_FETCH_H
#define CORE_FETCH_H

#include "base/arena.h"
#include "base/err.h"

#define FETCH_URL_MAX 2048
#define FETCH_BODY_MAX ((size_t)64 * 1024)
#define FETCH_TYPE_MAX 128
#define FETCH_FORM_MAX 8191
#define FETCH_CACHE_MAX 256
#define FETCH_DATE_MAX 40
#define FETCH_ALLOW_MAX 16

/* What may be asked of one document. Zeroes stand for the strictest: 64 KiB, 5 s, public addresses, the system's authorities. */
struct fetch_policy {
	size_t max; /* bytes of the body, at most FETCH_BODY_MAX */
	int64_t ms; /* in all, waiting for a free place included; at most 5000 */
	str accept; /* the Accept field; empty: application/json */
	str form;   /* not empty: POSTed as application/x-www-form-urlencoded, at most FETCH_FORM_MAX bytes */
	const str *allow;   /* networks (CIDR) that may be reached though they are not public */
	size_t allow_count; /* at most FETCH_ALLOW_MAX */
	str authorities;    /* path of a PEM file of authorities to trust besides the system's; empty: none */
};

enum fetch_result {
	FETCH_OK,      /* an answer, of whatever status */
	FETCH_URL,     /* not an https URL that may be fetched */
	FETCH_ADDRESS, /* the host has an address that is not public */
	FETCH_NAME,    /* the name does not resolve */
	FETCH_CONNECT, /* nobody answers there */
	FETCH_TLS,     /* no TLS 1.2, or a certificate that is not to be believed */
	FETCH_TIME,    /* not all there in time */
	FETCH_SIZE,    /* more than max bytes */
	FETCH_HTTP,    /* what came is not HTTP */
	FETCH_BUSY,    /* too many documents of this host, or in all, are under way */
	FETCH_GONE,    /* the fetcher ended, or its job did */
	FETCH_RESULT_COUNT
};

struct fetch_answer {
	enum fetch_result result;
	int status; /* 200, 302: redirects are answers like others */
	/* fields as sent, or empty */
	str type;               /* Content-Type */
	str cache;              /* Cache-Control */
	str expires, date, age; /* RFC 9111 section 4.2 */
	str body;
	str why; /* for the log and `gatehouse why`: one line, nothing that the other side wrote */
};

/* Fetches; blocks for policy->ms at most, so never on a loop. arg is the port's own. Everything in out is in mem. */
struct fetch_port {
	void (*fetch)(void *arg, str url, const struct fetch_policy *policy, struct arena *mem,
	    struct fetch_answer *out);
	void *arg;
};

#endif
