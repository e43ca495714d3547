/*
 * notices: sends what is to be told to applications, one exchange of its own each, on the lanes like everything else. Two at
 * a time, so that an application that does not answer holds up neither the others nor the documents of strangers.
 */
#ifndef APP_NOTICES_H
#define APP_NOTICES_H

#include "app/house.h"

/* Some are due: begins to send them until none is, unless that is going on already. Any thread, while the loops run. */
void notices_send(struct house *h);

#endif
