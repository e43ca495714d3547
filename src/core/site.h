/*
 * site: everything that requests read and nobody writes: configuration, keys, resources, prepared documents. An immutable
 * snapshot, swapped whole (loop by loop), freed when the last holder lets go.
 */
#ifndef CORE_SITE_H
#define CORE_SITE_H

#include "base/secret.h"
#include "core/config.h"
#include "model/model.h"

struct dpop_keys;
struct jwk;
struct once; /* core/once.h */
struct jwks;
struct outside; /* core/outside.h */
struct recall;  /* core/recall.h */

struct site {
	struct arena *mem; /* holds everything below; references are counted on it */
	const struct config *config;
	struct tenant tenant;      /* the first tenant; others come later as entries with a generation */
	bool secure;               /* base_url is https: cookies get __Host- */
	const struct jwk *signing; /* the active key (jose/jwt.h) */
	const struct jwks *keys;   /* every published key */
	const struct resource *resources;
	size_t resource_count;
	struct resource
	    self; /* /userinfo: what a token is for that is for no MCP server; its identifier is the issuer */
	const struct client *clients; /* static clients of the file */
	size_t client_count;
	struct secret key_refresh; /* 32 bytes each, derived from the root secret */
	struct secret key_client;  /* seals row-less client ids */
	struct secret key_form;    /* CSRF tokens */
	struct secret key_ticket;  /* TLS session tickets (net/tls_ticket.h) */
	struct secret key_nonce;   /* DPoP nonces */
	/* DPoP proofs that came, kept by the house: at our endpoints, which anybody may ask, and at resources; NULL: nobody looks */
	struct once *endpoint_proofs, *resource_proofs;
	struct dpop_keys *proof_keys; /* jose/dpop_keys.h */
	struct limits *limits;        /* core/limit.h, kept by the house; NULL: nothing is counted */
	struct outside *outside;      /* documents of others, kept by the house; NULL: none are asked for */
	struct recall *recall;        /* what this site was asked lately; NULL: nothing is remembered */
	str json_as;                  /* RFC 8414 document, ready to send */
	str json_jwks;
};

/* One more holder; site_unref gives it back. */
const struct site *site_ref(const struct site *s);
void site_unref(const struct site *s);
/* The resource by identifier with the rule of url_same, /userinfo (self) by the issuer's; NULL when none. */
const struct resource *site_resource(const struct site *s, str identifier);
/* The resource that answers at a request path: "/mcp" also at "/mcp/"; NULL when none. */
const struct resource *site_resource_at(const struct site *s, str path);

#endif
