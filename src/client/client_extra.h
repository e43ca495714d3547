/* client_extra: what few clients have, as the JSON text that a row keeps and a sealed id carries. */
#ifndef CLIENT_CLIENT_EXTRA_H
#define CLIENT_CLIENT_EXTRA_H

#include "base/arena.h"
#include "base/err.h"
#include "model/model.h"

/* The members of the client from uri on, by their names of RFC 7591 and its kin; "{}" for most. p NULL: no room. */
str client_extra_write(struct arena *mem, const struct client *client);
/* Sets these members from such a text; what cannot be read leaves them empty. */
void client_extra_read(struct arena *mem, str json, struct client *out);

#endif
