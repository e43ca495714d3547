#include "login/refuse.h"

#include "core/recorder.h"

enum err refuse_page(struct ctx *c, int page, const void *view, str *id)
{
	*id = recorder_add(c);
	return reply_page(c, err_row(c->fail.code)->status, page, view);
}

str local_url(struct ctx *c, str path)
{
	return arena_printf(c->mem, "%.*s%.*s", FMT(c->site->tenant.issuer), FMT(path));
}
