/* op_args: do the arguments of a call fit the operation's schema? Pure. */
#ifndef ADMIN_OP_ARGS_H
#define ADMIN_OP_ARGS_H

#include "admin/op.h"

#define OP_PROBLEMS_MAX 8 /* said of one call */

/* OP_ARGUMENTS with the first problem in words and all of them as [{path,problem}] in fail.data. args may be NULL. */
CHECKED enum err op_args_check(struct ctx *c, const struct op *op, const struct json *args);

#endif
