/*
 * habits: what each known application does on its way to a token (tables/clients.def), and the words that it sends: the
 * body of its registration and the query of its authorization request. Pure rules over text; whoever asks a server with
 * them stands elsewhere.
 */
#ifndef MODEL_HABITS_H
#define MODEL_HABITS_H

#include "model/known.h"

enum habits_basis { HABITS_OBSERVED, HABITS_READ, HABITS_ADDRESS_ONLY };

/* Which scopes it registers, and asks for. */
enum habits_scope {
	SCOPE_UNSAID,       /* registers none; asks for those of the challenge */
	SCOPE_CHALLENGED,   /* those of the challenge, else those of the resource's metadata */
	SCOPE_OFFLINE_TOO,  /* and offline_access when the issuer lists it */
	SCOPE_UNREGISTERED, /* asks for the same, but registers none */
	SCOPE_ALL,          /* all that the issuer lists */
};

/* How it refreshes; any of them. */
enum habits_refresh {
	REFRESH_ASKED_SCOPE = 1,   /* repeats the scope that it asked for, granted or not */
	REFRESH_GRANTED_SCOPE = 2, /* repeats the scope that it was given */
	REFRESH_TWICE = 4,         /* twice at once with one token */
	REFRESH_EARLY = 8,         /* ahead of expiry, before nearly every request when tokens are short */
};

/* How often it registers. */
enum habits_registers {
	REGISTERS_ONCE,
	REGISTERS_ANEW,   /* for every run or connection */
	REGISTERS_UNUSED, /* also when nobody signs in afterwards */
};

/* NULL and 0: the usual. */
struct habits {
	str id, name; /* "claude-code", "Claude Code" */
	enum habits_basis basis;
	const char *client_name; /* that it registers; its name */
	const char
	    *first; /* requests without a token, in order: POST (initialize), GET, HEAD, DISCOVER; POST */
	const char *first_version; /* MCP-Protocol-Version on them; none */
	const char *version;       /* the same on discovery; none */
	const char *accept;        /* Accept on discovery; application/json */
	const char *era;           /* of the protocol that it speaks to a server that has all; not known */
	bool root;                 /* reads the resource's metadata at the root form only */
	bool
	    sdk; /* made with the TypeScript SDK: sees a challenge only if it begins with Bearer, refuses nulls */
	bool browser;            /* a page: all that it asks needs CORS */
	bool needs_none;         /* uses its document only where public clients (none) are announced */
	bool exact_resource;     /* takes no resource above its address */
	const char *type;        /* application_type; none */
	const char *method;      /* token_endpoint_auth_method; none */
	const char *grant_types; /* authorization_code refresh_token */
	const char *extra;       /* further members of the registration, as JSON; {port} is filled in */
	enum habits_scope scope_from;
	const char *scope;        /* this one, wherever scope_from would look */
	const char *prompt;       /* of the authorization request; none */
	const char *prompt_again; /* of one more while signed in; none */
	unsigned refresh;         /* of enum habits_refresh */
	enum habits_registers registers;
};

extern const struct habits known_habits[];
extern const size_t known_habits_count;

/* By its id ("claude-code"); NULL: none. */
const struct habits *habits_find(str id);
/* Its metadata document; NULL when none is known. */
const struct known_client *habits_document(const struct habits *h);

/* What a server told on the way, and what the client chose. */
struct habits_facts {
	str challenged; /* scope of the challenge, or of the resource's metadata; may be empty */
	str listed;     /* scopes_supported of the issuer */
	str resource;   /* as the metadata writes it; empty: none was found */
	int port;       /* of its loopback address */
};

/*
 * The nth address that it registers, or with `documented` that it uses with its document; false when there are fewer.
 * *registered: as it is registered; *asked: as an authorization request says it, with a port of its own on loopback.
 */
bool habits_address(struct arena *mem, const struct habits *h, bool documented, size_t n, int port,
    str *registered, str *asked);
/* The body of its registration (RFC 7591 section 3.1). */
str habits_registration(struct arena *mem, const struct habits *h, const struct habits_facts *f);
/* Scopes that it asks for; may be empty. */
str habits_scope(struct arena *mem, const struct habits *h, const struct habits_facts *f);
/*
 * The query of its authorization request (RFC 6749 section 4.1.1, RFC 7636, RFC 8707) without a question mark. state and
 * challenge are the caller's; prompt: one of the two above, or NULL.
 */
str habits_authorize(struct arena *mem, const struct habits *h, const struct habits_facts *f, str client_id,
    str redirect_uri, const char *prompt, str state, str challenge);

/* For people and programs that read the table. */
const char *habits_basis_words(enum habits_basis basis);
const char *habits_scope_words(enum habits_scope scope);
const char *habits_registers_words(enum habits_registers registers);
/* "asked-scope twice", separated by blanks; empty: nothing special. */
str habits_refresh_words(struct arena *mem, unsigned refresh);

#endif
