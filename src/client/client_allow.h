/* client_allow: registration.allow_clients, the operator's list of applications that may come in by themselves. */
#ifndef CLIENT_CLIENT_ALLOW_H
#define CLIENT_CLIENT_ALLOW_H

#include "core/ctx.h"

/*
 * True when the list lets this client in: there is none; somebody here made the client; its client_id stands there; its
 * document's host does; or each of its redirect URIs leads to a host or an application that does (`localhost` for every
 * spelling of loopback).
 */
bool client_allowed(const struct ctx *c, const struct client *client);
/* The same of a document that has not been fetched: by its id or host alone. */
bool client_id_allowed(const struct ctx *c, str client_id);

#endif
