/* ask: an operation, run by the daemon when one runs on the data directory, else right here on the store. */
#ifndef CMD_ASK_H
#define CMD_ASK_H

#include "base/json.h"
#include "cmd/cli.h"

struct answer {
	bool ok;
	bool daemon;               /* a running daemon gave it */
	str text;                  /* the result, a JSON object's text */
	const struct json *result; /* parsed */
	/* when it is not ok */
	str code, message, detail;
	const struct json *data; /* NULL when there is none */
	str id;                  /* for `gatehouse why` */
};

/* args: a JSON object's text. CLI_DONE with *out filled (ok or not), or CLI_FAILED with a sentence said. */
int ask_op(struct cli *cli, const struct config *config, str op, str args, struct answer *out);
/* The same of a running daemon alone; CLI_FAILED with a sentence said when none runs. */
int ask_daemon(struct cli *cli, const struct config *config, str op, str args, struct answer *out);
/* All resources of this server (operation list_resources); CLI_DONE, or CLI_FAILED with a sentence said. */
int ask_resources(struct cli *cli, const struct config *config, const struct json **out);
/* Says what was refused; CLI_FAILED. */
int ask_refused(const struct answer *a);

/* The daemon's control socket: connected, or -1 when none runs; -2 with a sentence said when it may not be used. */
int ask_connect(struct cli *cli, const struct config *config);
/* The path of the socket; empty with data_dir none. */
str ask_socket(struct arena *mem, const struct config *config);

#endif
