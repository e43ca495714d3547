/*
 * known: applications that are known by where they take an answer (tables/clients.def). Pure rules over text. A
 * registered name proves nothing, since anybody may register any (RFC 7591 section 5); an https address does.
 */
#ifndef MODEL_KNOWN_H
#define MODEL_KNOWN_H

#include "base/arena.h"

struct known_client {
	str name;
	str uri;
	bool below;      /* uri is only the beginning: one segment follows */
	char confidence; /* 'A': its maker says so; 'B': several have seen it */
};

extern const struct known_client known_clients[];
extern const size_t known_client_count;

/* Whose redirect URI this is; NULL: nobody's that we know. Byte equality, as redirect_same. */
const struct known_client *known_client(str redirect_uri);
/* True when its address alone proves the application: https. A scheme of an application proves nothing. */
bool known_proves(const struct known_client *known);
/* The known name that a registered one begins with, case aside ("CLAUDE connector": "Claude"); empty: none. */
str known_name(str client_name);
/* True for the web origin, exactly as browsers write it, of a known application's https address. */
bool known_origin(str origin);

#endif
