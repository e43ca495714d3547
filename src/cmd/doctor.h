/*
 * doctor: walks an address as a client would (MCP authorization: challenge, RFC 9728, RFC 8414), and says
 * of each step what was found and how to mend it. It asks what anybody may ask: no token, no registration,
 * no change.
 */
#ifndef CMD_DOCTOR_H
#define CMD_DOCTOR_H

#include "cmd/findings.h"

#include <stdio.h>

struct doctor {
	struct cli *cli;
	const struct config *config; /* NULL when an address was named */
	struct findings f;           /* where what is found goes */
	int64_t now;                 /* epoch seconds */
	str issuer_seen;             /* looked at already: one issuer has many resources */
};

/* One address; upstream: the server behind it, when this machine knows it, else empty. */
void doctor_walk(struct doctor *d, str url, str upstream);

/* One address by itself, told to out. 0: all is well; 1: something failed; 2: url is no http or https URL. */
int doctor_run(str url, FILE *out, bool json);

#endif
