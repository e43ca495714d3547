/* control_run: operations asked for by the machine's owner, over the control socket or without a daemon. */
#ifndef ADMIN_CONTROL_RUN_H
#define ADMIN_CONTROL_RUN_H

#include "admin/op.h"

/* A chain of steps, see app/control.h. out: in c->mem; one JSON object in the end. ERR_OP_NOT_FOUND for what is no operation. */
enum err control_run(struct ctx *c, str op, const struct json *args, struct buf *out);

#endif
