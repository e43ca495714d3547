/* fields: what the forms of this room may carry, read once and strictly: no field twice, none too long. */
#ifndef LOGIN_FIELDS_H
#define LOGIN_FIELDS_H

#include "core/ctx.h"

struct fields {
	str email, name, token, application, grant;
	str password, confirm, current; /* as typed; wrap in a secret where they are compared */
};

/* From c->form. FAIL(PARAM_...) names the field, never its value. */
CHECKED enum err fields_read(struct ctx *c, struct fields *out);

#endif
