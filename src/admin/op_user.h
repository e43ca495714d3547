/* op_user: what other operations need of people. */
#ifndef ADMIN_OP_USER_H
#define ADMIN_OP_USER_H

#include "core/ctx.h"

/* A new person without a password, on WRITE. email in the form of text_email. OP_EXISTS when the address is taken. */
CHECKED enum err op_user_put(struct ctx *c, str email, str name, str role, int64_t *id);

#endif
