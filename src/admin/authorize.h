/* authorize: who may do what. One function for every face of every operation. */
#ifndef ADMIN_AUTHORIZE_H
#define ADMIN_AUTHORIZE_H

#include "core/ctx.h"

/* What an action is done to. Zeros: nothing in particular. */
struct object {
	int64_t user; /* whose it is: what is one's own needs no permission */
};

/*
 * May the actor do action ("User.CreateUser") to the object? The machine's owner may all; a person may what the patterns
 * of the role allow, or what is done to something of their own. NO_PERMISSION otherwise. That the object belongs to the
 * actor's tenant is the statements' business: they all ask for it, and a foreign object is not found.
 */
CHECKED enum err authorize(struct ctx *c, str action, const struct object *object);

/*
 * True when the role's patterns allow the action. A star stands for any run of characters; a pattern that begins with '!'
 * forbids, whatever others say.
 */
bool role_may(const struct config *config, str role, str action);
/* 3 owner, 2 admin, 1 member, 0 nobody: nobody makes or becomes a person above themselves. The machine's owner is above all. */
int role_rank(const struct actor *actor);
int role_rank_of(str role);

#endif
