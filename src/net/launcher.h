/*
 * launcher: the only one of our processes that starts programs. Forked before threads and before the sandbox with the
 * commands that the configuration names; all that can be asked of it afterwards is the number of one of them. No shell, no
 * words from outside: what a request says goes into the program's standard input.
 */
#ifndef NET_LAUNCHER_H
#define NET_LAUNCHER_H

#include "net/child.h"

/* Immutable once the launcher has started. Both lists end with NULL. */
struct launch_command {
	const char *const *argv; /* argv[0] is an absolute path */
	const char *const *env;  /* the whole environment; NULL: PATH alone */
	const char *dir;         /* where it runs; NULL: / */
};

struct launched {
	int in, out; /* its standard input (ours to write) and standard output; close-on-exec */
	int process; /* a pidfd: readable once it has ended; pidfd_send_signal ends it */
};

struct launcher {
	struct child child;
};

/* Before threads. commands may be freed afterwards. ERR_INTERNAL. */
CHECKED enum err launcher_start(struct launcher *l, const struct launch_command *commands, size_t count);
/* Ends it, and all that it has started. */
void launcher_stop(struct launcher *l);
/*
 * Starts commands[index] anew. ERR_NOT_FOUND for an unknown index or a program that cannot be started, ERR_OVERLOADED with
 * too many running, ERR_INTERNAL when the launcher has died. Any thread that may block for a moment.
 */
CHECKED enum err launcher_run(const struct launcher *l, size_t index, struct launched *out);
/* Sends SIGKILL to it and closes what is open. */
void launched_end(struct launched *run);

#endif
