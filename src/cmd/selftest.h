/*
 * selftest: the handshake of one known client (model/habits.h) up to the page where a person signs in, as that client does
 * it, against an address. It asks what anybody may ask. What it leaves behind is what any visitor leaves: a registration
 * (at a Gatehouse: no row) and an authorization that nobody answers (at a Gatehouse: gone after ten minutes). No token, no
 * session, no grant: without a person it ends at the sign-in page, and says so.
 *
 * The judges (selftest_judge.c) are pure: an answer goes in, findings come out. selftest_walk.c asks.
 */
#ifndef CMD_SELFTEST_H
#define CMD_SELFTEST_H

#include "cmd/doctor_walk.h"
#include "model/habits.h"

#define SELFTEST_PORT 43117 /* that a client without a port of its own listens at */

struct selftest {
	struct walk w;
	const struct habits *h;
	struct habits_facts facts;
	bool ours;             /* the address is a Gatehouse's, so that its consent page is known */
	bool documented;       /* the client's metadata document stands for it */
	str metadata;          /* address that the challenge named, as far as this client sees it */
	str found;             /* address of the metadata that it took */
	str issuer, issuer_at; /* the name, and the address of its metadata */
	const struct json *as; /* the issuer's metadata */
	str client_id;
	size_t pages; /* sign-in pages that it came to */
};

/* The whole handshake of h with the resource at url; remarks are in s->w.v. memo and mem are shared by many. */
void selftest_run(
    struct selftest *s, struct arena *mem, struct memo *memo, const struct habits *h, str url, int64_t now);

/* ---- judges ---- */

/* What the client sees of the challenge: s->metadata and facts.challenged. */
void selftest_read_challenge(struct selftest *s, const struct http_res *r);
/* The resource's metadata from `url`, judged as this client judges it; true with s->issuer when it goes on. */
bool selftest_judge_resource(struct selftest *s, str url, const struct json *doc);
/* The issuer's metadata; openid: from an address of OpenID Connect Discovery. False when it stops there. */
bool selftest_judge_issuer(struct selftest *s, const struct json *doc, bool openid);
/* Whether its document or a registration stands for it, by what the issuer announces; false when neither can. */
bool selftest_choose(struct selftest *s);
/* The answer to its registration; true with s->client_id. */
bool selftest_judge_registration(struct selftest *s, str url, const struct probe_answer *a);
/* What was asked of the authorization endpoint, and what for. */
struct selftest_ask {
	str registered, redirect_uri; /* without its own port, and with it */
	const char *prompt;           /* NULL: none */
	bool port_matters;            /* the registered address is taken, the one with its own port is not */
};
/*
 * The answer of the authorization endpoint. True when it is a page or leads to one; *next: the address that it leads to,
 * empty when the page is there.
 */
bool selftest_judge_authorize(
    struct selftest *s, const struct selftest_ask *q, const struct probe_answer *a, str *next);
/* The same answer without a finding: does it go on to a person? */
bool selftest_goes_on(const struct http_res *r, str redirect_uri);
/* The page at the end. */
void selftest_judge_page(struct selftest *s, const struct selftest_ask *q, const struct probe_answer *a);
/* What a Gatehouse's consent page says of the client that returns to redirect_uri. */
str selftest_consent_words(const struct selftest *s, str redirect_uri);

#endif
