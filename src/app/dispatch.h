/* dispatch: from a request's head to the answer, through the table of routes. One screen; see docs/ARCHITECTURE.md. */
#ifndef APP_DISPATCH_H
#define APP_DISPATCH_H

#include "net/server.h"

/* What the server of every loop calls; its app is the struct floor. */
extern const struct server_hooks dispatch_hooks;

#endif
