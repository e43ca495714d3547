/* serve: the daemon, from an opened configuration to its end. */
#ifndef APP_SERVE_H
#define APP_SERVE_H

#include "base/buf.h"
#include "core/config.h"

struct serve_hooks {
	/*
	 * Reads the configuration again, for SIGHUP and reload; *out has one reference for the caller on its arena. An error
	 * leaves one clear sentence in why, and the daemon goes on with what it has.
	 */
	enum err (*read_config)(void *arg, const struct config **out, struct buf *why);
	void *arg;
};

/*
 * Runs until SIGTERM or SIGINT and then lets what is under way finish. One sentence on standard error when it cannot
 * start. Once a process, before any thread.
 */
CHECKED enum err serve_run(const struct config *config, const struct serve_hooks *hooks);

#endif
