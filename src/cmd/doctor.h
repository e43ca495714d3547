/* doctor: the steps of a client on its way to a protected server, each looked at. */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include "cmd/findings.h"
#include "net/probe.h"

struct doctor {
	struct cli *cli;
	const struct config *config; /* NULL when an address was named */
	struct findings f;
	int64_t now;
	str issuer_seen; /* looked at already: one issuer has many resources */
};

/* One address, from its name to its keys; upstream: the server behind, when this machine knows it. */
void doctor_walk(struct doctor *d, str url, str upstream);

/* One request and what it means that it failed; false when it did. headers may be NULL. */
bool doctor_ask(struct doctor *d, const char *what, str method, str url, str body, struct probe_answer *out);
/* The issuer's side: metadata, keys, registration. url: what the resource names. */
void doctor_issuer(struct doctor *d, str issuer);

void doctor_ok(struct doctor *d, const char *what, str seen);
void doctor_fail(struct doctor *d, const char *what, str seen, str remedy);
void doctor_note(struct doctor *d, const char *what, str seen, str remedy);
/* The body as a JSON object; NULL with the finding made. */
const struct json *doctor_json(struct doctor *d, const char *what, const struct probe_answer *a);

#endif
