/* config: what gatehouse.yml, the environment and the flags say, checked. Times in seconds. Read-only once made. */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "crypto/pkey.h"

#define ACCESS_TTL_MAX \
	86400 /* of tokens.access_ttl: no token of ours lives longer, whatever is configured later */

enum registration_mode { REGISTRATION_PER_CLIENT, REGISTRATION_SHARED, REGISTRATION_OFF };

struct config_scope {
	str scope, words;
};

struct config_resource {
	str path, url, upstream, name;
	const struct config_scope *scopes;
	size_t scope_count;
	str required; /* blank-separated */
	int line;
};

struct config_client {
	str client_id, name, secret; /* secret empty: public, or it has keys */
	str old_secret;              /* good as well, while programs are told the new one; empty: none */
	str redirect_uris, grant_types, scopes; /* blank-separated */
	str resources;   /* identifiers of those that it is the server of, blank-separated */
	str role;        /* of a machine: owner, admin, member; empty: owner */
	str auth_method; /* as in struct client */
	str jwks;        /* JSON text of a key set; empty: none */
	str jwks_uri, logout_uris, backchannel; /* as in struct client */
	bool dpop, par;                         /* as in struct client */
	bool trusted;                           /* no consent page: an application of the house */
	bool secret_literal;                    /* it stands in the file as it is */
	int line;
};

/* A certificate and its key. */
struct config_tls {
	str cert, key; /* paths as they can be opened */
	str where;     /* "gatehouse.yml:3:7" */
};

/* An identity provider whose word about people is taken (RFC 7523 section 2.1, ID-JAG). */
struct config_issuer {
	str issuer;           /* exact */
	str jwks_uri;         /* https */
	bool create_users;    /* people whom it vouches for and whom we do not know become members */
	bool verified_emails; /* all addresses that it says are verified, also where it does not say so */
	int line;
};

/* What we call a client, and what another authorization server calls it. */
struct config_alias {
	str ours, theirs;
};

/* An authorization server to which our clients may take the sign-in of a person (ID-JAG). */
struct config_audience {
	str issuer;                         /* exact: aud of what it gets */
	str resources;                      /* blank-separated identifiers of its resources; empty: any */
	const struct config_alias *clients; /* who may */
	size_t client_count;
	int line;
};

struct config_role {
	str name;     /* owner, admin, member */
	str patterns; /* blank-separated: "*", "*.Read*", "!Tenant.DeleteTenant" */
};

struct config {
	struct arena *mem;            /* holds everything below */
	str file;                     /* where it came from; empty: all defaults */
	str base_url;                 /* no trailing slash */
	bool base_url_given;          /* it does not merely follow listen */
	str listen;                   /* "127.0.0.1:8080", "localhost:8080", "unix:/path" */
	str ops;                      /* empty: none */
	const struct config_tls *tls; /* for listen; the first is the default one */
	size_t tls_count;             /* 0: listen is in clear */
	str data_dir;                 /* "none" with PostgreSQL and a master key */
	str store;                    /* "sqlite:PATH" or "postgres://..." */
	struct secret master_key;     /* len 0: made in data_dir */
	bool master_key_literal;      /* it stands in the file as it is */
	const str *trust_proxy;       /* CIDR texts */
	size_t trust_proxy_count;
	bool management;
	str management_path;
	bool read_only;
	enum registration_mode registration;
	bool registration_public_only;
	enum alg alg; /* of the keys that sign */
	bool registration_cimd;
	str registration_client;  /* mode shared: the client_id of `clients` that all get */
	const str *allow_clients; /* hosts, redirect origins or client_ids; none: all */
	size_t allow_client_count;
	int64_t access_ttl, refresh_ttl, code_ttl, refresh_grace;
	bool dpop_nonce; /* a DPoP proof needs a nonce of ours */
	const str *allow_origins;
	size_t allow_origin_count;
	const str *outbound_allow; /* CIDR texts: networks that are fetched from though they are not public */
	size_t outbound_allow_count;
	str outbound_authorities; /* path of a PEM file, or empty */
	const struct config_resource *resources;
	size_t resource_count;
	const struct config_client *clients;
	size_t client_count;
	const struct config_issuer *issuers;
	size_t issuer_count;
	const struct config_audience *audiences;
	size_t audience_count;
	const struct config_role *roles;
	size_t role_count;
	int64_t audit_retention;
	/* limits: every cap, with its default in tables/config.def */
	int64_t limit_connections; /* in all */
	int64_t limit_per_address;
	int64_t limit_body; /* bytes, pages and OAuth */
	int64_t limit_body_mcp;
	int64_t limit_head_seconds, limit_idle_seconds, limit_write_stall_seconds;
	int64_t limit_streams_per_user;
	int64_t limit_upstream_seconds; /* to the head of an answer */
	int64_t limit_register_burst;   /* registrations per minute and address, generous */
	int64_t limit_documents;        /* documents fetched per minute and address */
	int64_t limit_authorize_burst;  /* authorizations begun per minute and address */
	int64_t limit_assertion_burst;  /* assertions taken per minute and client */
	int64_t limit_pushed_burst;     /* authorization requests pushed ahead, per minute and address */
	int64_t limit_device_burst;     /* device authorizations per minute and address */
	int64_t loops;                  /* loop threads; 0: one per core */
	bool accept_new_base_url;
};

#endif
