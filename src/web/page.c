#include "web/page.h"

#include "base/url.h"
#include "ui_gen.h"

str page_base(str issuer)
{
	struct url u;

	if (url_parse(issuer, &u) != OK || u.path.n == 0 || str_eq(u.path, S("/")))
		return S("");
	return u.path;
}

void page_render(struct ctx *c)
{
	struct buf b = BUF(c->mem);
	struct page_frame frame = { .base = page_base(c->site->tenant.issuer),
		.brand = c->site->tenant.name };

	if (c->page == PAGE_NONE)
		return;
	/* Until somebody names the first tenant it is called so. */
	if (frame.brand.n == 0 || str_eq(frame.brand, S("Default")))
		frame.brand = S("Gatehouse");
	page_write_framed(&b, &frame, c->page, c->view);
	c->reply->body = buf_str(&b);
}
