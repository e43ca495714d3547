/* fetch_curl: one GET, or POST of a form, by libcurl, to addresses that were judged, and to no others. Private to the fetcher's jobs. */
#ifndef NET_FETCH_CURL_H
#define NET_FETCH_CURL_H

#include "net/fetch_wire.h"

struct fetch_targets {
	str host;
	int port;
	bool literal; /* host is the address */
	struct addr list[16];
	size_t count;
};

/* Loads libcurl into this process, asks, and puts the answer into told and body. */
void fetch_curl(
    const struct fetch_ask *ask, const struct fetch_targets *to, struct fetch_told *told, char *body);

#endif
