/* op_client: what the operations on clients share. */
#ifndef ADMIN_OP_CLIENT_H
#define ADMIN_OP_CLIENT_H

#include "admin/op.h"
#include "model/model.h"

/* A client as the operations see it. */
struct op_client {
	struct client client;
	str status;               /* active, suspended */
	int64_t created, updated; /* 0: declared by the file */
};

/* By its client_id: declared ones, then rows. OP_NOT_FOUND. */
CHECKED enum err op_client_load(struct ctx *c, str client_id, struct op_client *out);
/* The members of a CLIENT into an object that is open; brief: without redirect URIs and scopes. */
void op_client_write(struct ctx *c, struct jout *j, const struct op_client *o, bool brief);

/* ---- rules (op_client_rule.c) */

/* Reads the arguments that were given over what stands in client, by the rules of its type. OP_ARGUMENTS. */
CHECKED enum err op_client_fill(struct ctx *c, const struct op_call *q, struct client *client);
/*
 * May the actor make or have the secret of a client that can do this? A machine may neither stand above who makes it nor have
 * scopes that the maker's own token lacks. NO_PERMISSION.
 */
CHECKED enum err op_client_rank(struct ctx *c, const struct client *client);
/* OP_ARGUMENTS with the argument's name and what is wrong with it. */
enum err op_client_bad(struct ctx *c, const char *path, const char *problem);

#endif
