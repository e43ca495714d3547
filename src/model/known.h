/*
 * known: applications that are known by where they take an answer, or by the document that describes them
 * (tables/clients.def). Pure rules over text. A registered name proves nothing, since anybody may register any (RFC 7591
 * section 5); an https address does, unless it hands on what it gets.
 */
#ifndef MODEL_KNOWN_H
#define MODEL_KNOWN_H

#include "base/arena.h"

/* How an address is meant; the head of tables/clients.def says each. */
enum known_match {
	KNOWN_EXACT,
	KNOWN_BELOW,
	KNOWN_PORT,
	KNOWN_RELAY,
	KNOWN_SHARED,
	KNOWN_FAMILY,
	KNOWN_DOCUMENT
};
/* When the client uses it: by registering it, with its metadata document, or not in the handshake. */
enum known_use { KNOWN_SENT, KNOWN_DESCRIBED, KNOWN_SEEN };

struct known_client {
	str id;   /* of struct habits: "claude-code" */
	str name; /* "Claude Code" */
	str uri;  /* with {port}, {id} and {host} where these differ */
	enum known_match match;
	char confidence; /* 'A': its maker says so; 'B': several have seen it; 'C': one has told it */
	enum known_use use;
};

extern const struct known_client known_clients[];
extern const size_t known_client_count;

/*
 * Whose redirect URI this is; NULL: nobody's that can be told by it. Byte equality, as redirect_same. Loopback tells
 * nothing, nor does an address that anybody may have.
 */
const struct known_client *known_client(str redirect_uri);
/* Whose metadata document has this client_id, to the byte; NULL: nobody's that is known. It proves the name. */
const struct known_client *known_document(str client_id);
/* True when the row alone proves the application: https that hands nothing on. */
bool known_proves(const struct known_client *known);
/* True for an https address whose page hands the answer on to a program of the device. */
bool known_relays(str redirect_uri);
/* The longest known name that a registered one begins with, case aside ("CLAUDE connector": "Claude"); empty: none. */
str known_name(str client_name);
/* True for the web origin, exactly as browsers write it, of a known application's https address. */
bool known_origin(str origin);

#endif
