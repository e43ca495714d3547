#include "login/fields.h"

#include "crypto/crypto.h"

#include <stddef.h>

#define ROW(member, kind, max)                                              \
	{                                                                   \
		S_INIT(#member), kind, max, offsetof(struct fields, member) \
	}

static const struct param_row rows[] = {
	ROW(email, PARAM_TEXT, 320),
	ROW(name, PARAM_TEXT, 1024),
	ROW(token, PARAM_TOKEN, 128),
	ROW(application, PARAM_TEXT, 1024),
	ROW(grant, PARAM_TOKEN, 64),
	ROW(password, PARAM_ANY, PASSWORD_MAX),
	ROW(confirm, PARAM_ANY, PASSWORD_MAX),
	ROW(current, PARAM_ANY, PASSWORD_MAX),
};

enum err fields_read(struct ctx *c, struct fields *out)
{
	str which;

	*out = (struct fields){ 0 };
	enum err e = param_fill(&c->form, rows, COUNT(rows), out, &which);
	return e == OK ? OK : fail_set(c, e, __FILE__, __LINE__, "%.*s", FMT(which));
}
