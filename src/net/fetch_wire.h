/* fetch_wire: the packets between us and the fetcher. Fixed-size, versioned; both sides check every length. Private. */
#ifndef NET_FETCH_WIRE_H
#define NET_FETCH_WIRE_H

#include "core/fetch.h"
#include "net/addr.h"

#define FETCH_VERSION 3u
#define FETCH_MS_MAX 5000
#define FETCH_WHY_MAX 160

/* Texts end with NUL. */
struct fetch_ask {
	uint32_t version, max, ms, allow_n;
	struct cidr allow[FETCH_ALLOW_MAX]; /* that may be reached though they are not public */
	char url[FETCH_URL_MAX + 1];
	char accept[128];
	char authorities[512];
	char form[FETCH_FORM_MAX + 1]; /* empty: a GET */
};

/* Behind it the body, of exactly body_n bytes. */
struct fetch_told {
	uint32_t version, result;
	int32_t status;
	uint32_t type_n, cache_n, expires_n, date_n, age_n, why_n, body_n;
	char type[FETCH_TYPE_MAX], cache[FETCH_CACHE_MAX], expires[FETCH_DATE_MAX], date[FETCH_DATE_MAX],
	    age[FETCH_DATE_MAX], why[FETCH_WHY_MAX];
};

struct addrinfo;

/* getaddrinfo(3), once for each document. A test that must know a name server's next answer sets its own before the fetcher starts. */
extern int (*fetch_lookup)(
    const char *name, const char *service, const struct addrinfo *want, struct addrinfo **list);

/* Says why in told: a fixed text. */
void fetch_say(struct fetch_told *told, enum fetch_result result, const char *why);
/* The URL's rules, without asking anybody: https, no user, no fragment, no dot segments, a host that is one. */
CHECKED enum fetch_result fetch_look(const struct fetch_ask *ask, str *host, int *port, const char **why);
/*
 * One document from one job process: resolves, judges, asks. body: room for ask->max bytes. late hears SIGALRM while name
 * servers are waited for, since getaddrinfo(3) knows no deadline; later that signal ends the process.
 */
void fetch_perform(const struct fetch_ask *ask, struct fetch_told *told, char *body, void (*late)(int));

#endif
