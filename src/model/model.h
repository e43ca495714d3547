/* model: the nouns as plain structs. Rules about one noun stand beside it (redirect.h, scope.h, resource.h). */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/json.h"

/* Prefixes of public ids (base/id.h). */
#define ID_ACCOUNT "acct_"
#define ID_TENANT "tenant_"
#define ID_USER "user_"
#define ID_GRANT "grant_"
#define ID_CLIENT "client_"
#define ID_CLIENT_KEY "ck_" /* client_key() of core/standing.h */
#define ID_SESSION "session_"

#define GRANT_NEVER \
	INT64_C(253402300799) /* expires of a machine's grant, 9999-12-31: it lasts until somebody ends it */

struct tenant {
	int64_t id;
	str name;
	str issuer; /* exact text: lower case, no trailing slash, no default port */
};

/* A protected MCP server. */
struct resource {
	int64_t id;     /* 0: from the configuration or built in */
	str path;       /* "/weather/mcp"; where we answer */
	str identifier; /* the audience: issuer origin + path, or the url given */
	str name;
	str upstream; /* "http://host:port/path"; empty: management, or we are only its authorization server */
	bool management;                /* our own /mcp */
	bool declared;                  /* by the file: read-only elsewhere */
	str scopes;                     /* blank-separated, all it knows */
	const struct scope_word *words; /* one a scope */
	size_t word_count;
	str required;  /* blank-separated: each request needs all of them */
	str challenge; /* what a challenge asks for: required, or the :read scopes of management */
};

struct scope_word {
	str scope, words;
};

enum client_origin { CLIENT_SEALED, CLIENT_CONFIG, CLIENT_CREATED, CLIENT_REGISTERED, CLIENT_DOCUMENT };

struct client {
	int64_t row; /* client.id, 0 while it has none */
	str client_id;
	str name;
	str uri; /* client_uri, https only, or empty */
	enum client_origin origin;
	bool native; /* all redirects are loopback or private-use */
	bool blocked;
	str auth_method;   /* none, client_secret_basic, client_secret_post, private_key_jwt */
	str secret_hash;   /* SHA-256, empty when none */
	str old_secret;    /* of the secret before, base64url of SHA-256, good until old_until; empty: none */
	int64_t old_until; /* epoch seconds */
	str redirect_uris; /* blank-separated */
	str grant_types;   /* blank-separated */
	str scope;         /* what it asked for at registration; empty: anything */
	/* what few clients have (client/client_extra.h); all empty for most */
	str jwks;        /* its keys, JSON text of a key set (RFC 7517); empty: none, or at jwks_uri */
	str jwks_uri;    /* https */
	str logout_uris; /* post_logout_redirect_uris, blank-separated */
	str backchannel; /* backchannel_logout_uri, https */
	bool dpop;       /* dpop_bound_access_tokens (RFC 9449 section 5.2): gets no bearer tokens */
	str resource;    /* identifier: it registered there and may ask for that one alone; empty: for any */
	bool par;        /* require_pushed_authorization_requests (RFC 9126 section 6) */
	/* what operations and the file say besides; empty for clients that registered themselves */
	str type; /* web, spa, native, backend */
	str role; /* of a machine at the management server; empty: none */
	str guards; /* blank-separated identifiers: it is the server behind these resources and may introspect their tokens */
	str maker; /* who made it: an id, or os:NAME */
};

struct user {
	int64_t id;
	str email, name, role, status;
	int64_t generation;
};

struct id_jag; /* oauth/id_jag.h */

/* What was proved: grants produce it, issue.c consumes it, neither knows the other. */
struct authz {
	int64_t grant; /* id */
	int64_t user;  /* 0: the client itself */
	str resource;  /* identifier: the one audience */
	str scope;     /* granted, blank-separated */
	str client_id;
	str refresh; /* refresh token to hand out; empty: none */
	int64_t auth_time;
	str methods;
	str nonce;
	int64_t session; /* that it was agreed in, for the id token's sid; 0: none */
	str jkt;         /* RFC 9449: thumbprint of the key that the tokens are bound to; empty: bearer */
	str given_to; /* RFC 8693: whom the grant was given to, when client_id is another that acts; else empty */
	/* of a token exchange (RFC 8693) */
	str issued_type; /* issued_token_type of the answer; empty: it is none */
	int64_t
	    expires_by; /* the access token ends at this time at the latest, epoch seconds; 0: by its own ttl */
	const struct id_jag *jag; /* given instead of an access token; NULL: it is an access token */
};

#endif
