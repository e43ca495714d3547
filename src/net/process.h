/* process: what the daemon asks of the system for itself, before threads: limits, signals, what it gives up. */
#ifndef NET_PROCESS_H
#define NET_PROCESS_H

#include "base/str.h"

/*
 * No core files (they would hold keys), no new privileges, not readable by other processes of the user; files 0600; as many
 * descriptors as the system gives; little memory per thread. Signals that process_wait tells of are blocked, SIGPIPE is
 * ignored. Once, before threads.
 */
void process_settle(void);
/* How many descriptors the process may have. */
int64_t process_descriptors(void);

enum process_signal { PROCESS_STOP, PROCESS_RELOAD, PROCESS_NUDGE, PROCESS_CHILD, PROCESS_NOTHING };

/* Waits for SIGTERM or SIGINT, SIGHUP, SIGCHLD, or process_nudge; at most ms milliseconds (-1: for ever). The main thread's. */
enum process_signal process_wait(int64_t ms);
/* Wakes process_wait. Any thread. */
void process_nudge(void);

#endif
