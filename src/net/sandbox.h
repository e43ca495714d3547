/*
 * sandbox: what the daemon gives up for good once its files are open: writing anywhere but in its own directories, and
 * starting programs (Landlock), and system calls that only an intruder would make (seccomp). Kernels without one of them
 * run with the other.
 */
#ifndef NET_SANDBOX_H
#define NET_SANDBOX_H

#include "base/str.h"

/*
 * Shuts the calling thread in, and all threads that it starts later; so before them. dirs: where files may be made, written
 * and removed (empty and "none" are passed over). Under a sanitizer it does nothing: its reports start programs, and its
 * leak check traces.
 */
void sandbox_enter(const str *dirs, size_t count);
/* Its two halves. False when the kernel has no such thing; what it has of it is on. */
bool sandbox_files(const str *dirs, size_t count);
bool sandbox_calls(void);

#endif
