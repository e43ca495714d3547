/*
 * walk: the steps of a client (doctor_walk.c) and the questions that they ask (doctor_ask.c), each answered
 * or given up within ten seconds, all of them within two minutes.
 */
#ifndef CMD_DOCTOR_WALK_H
#define CMD_DOCTOR_WALK_H

#include "cmd/doctor_judge.h"

/* Answers that were given already: who asks the same again, as thirty clients do, gets the same. */
struct memo;

/* One walk. */
struct walk {
	struct verdict v;
	struct arena *mem;
	struct memo *memo;                                  /* NULL: each question is asked */
	struct url url;                                     /* the address */
	str plain;                                          /* as clients write it */
	int64_t now;                                        /* epoch seconds */
	int64_t end;                                        /* by time_mono_ms */
	bool over;                                          /* the time is up, and that was said */
	str issuer_seen;                                    /* an issuer that needs no second look */
	str registration, token, metadata, issuer_metadata; /* addresses found on the way; empty: none */
};

/* What is left empty is not sent. */
struct question {
	str method, url;
	str body;      /* JSON */
	str version;   /* MCP-Protocol-Version */
	str origin;    /* Origin */
	str forwarded; /* X-Forwarded-Host */
	str preflight; /* Access-Control-Request-Headers, with a method of POST */
	str accept;    /* Accept, instead of what the body suggests */
	str cookie;    /* Cookie */
};

/* Every step, in a client's order; upstream may be empty. False: url is no http or https URL. */
bool walk_run(struct walk *w, str url, str upstream);

/* now: epoch seconds; mem outlives the walk. */
void walk_begin(struct walk *w, struct arena *mem, int64_t now);
struct memo *memo_new(struct arena *mem);
/* Asks; false when there is no answer, with out->stage and out->why saying how far it came. */
bool walk_try(struct walk *w, const struct question *q, struct probe_answer *out);
/* The same, with the finding when there is no answer. */
bool walk_ask(struct walk *w, const char *what, const struct question *q, struct probe_answer *out);
/*
 * Over plain http, a POST to the address that names DOCTOR_FOREIGN_HOST as its Host; false when there is no
 * answer.
 */
bool walk_ask_as(struct walk *w, struct http_res *out);

#endif
