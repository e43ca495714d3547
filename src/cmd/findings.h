/* findings: what doctor, selftest and check found, each with its remedy. */
#ifndef CMD_FINDINGS_H
#define CMD_FINDINGS_H

#include "base/json.h"
#include "cmd/cli.h"

enum finding {
	FINDING_OK,
	FINDING_NOTE,
	FINDING_FAIL,
	FINDING_UNTRIED /* it could not be looked at from here: nothing failed, and nothing was proved */
};

struct findings {
	struct arena *mem;
	bool json;
	size_t failed, untried;
	str reach;  /* the remedy of what could not be tried: said once, at the end */
	str about;  /* the address that is looked at */
	str client; /* for --json: the client that this is about; empty: any */
	struct buf out;
	struct jout j;
};

/* Begins a list; json: one object on standard output at the end, instead of lines as they come. */
struct findings findings_begin(const struct cli *cli);
/* A heading: the address that is looked at. */
void findings_about(struct findings *f, str what);
/* One finding: what was looked at, what was seen there; remedy (not with FINDING_OK) may be empty. */
void findings_add(struct findings *f, enum finding kind, const char *what, str seen, str remedy);
/* The end: CLI_DONE, or CLI_FAILED when something failed or could not be tried. */
int findings_end(struct findings *f);

#endif
