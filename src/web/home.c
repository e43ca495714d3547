#include "web/handlers.h"

#include "web/snippet.h"

enum err home_show(struct ctx *c)
{
	struct view_home *view = NEW(c->mem, struct view_home);
	size_t count = c->site->resource_count;

	if (c->actor.user == 0)
		return reply_page(c, 200, PAGE_HOME, view);

	struct view_server *servers = NEW_ARRAY(c->mem, struct view_server, count);
	for (size_t i = 0; i < count; i++) {
		const struct resource *r = &c->site->resources[i];
		struct view_server *s = &servers[i];
		s->name = r->name.n ? r->name : r->identifier;
		s->address = r->identifier;
		s->anchor = arena_printf(c->mem, "server-%zu", i + 1);
		s->snippets = snippet_views(c->mem, r->name, r->identifier, &s->snippets_count);
	}
	*view = (struct view_home){
		.person = c->actor.email,
		.owner = str_eq(c->actor.role, S("owner")),
		.servers = servers,
		.servers_count = count,
	};
	return reply_page(c, 200, PAGE_HOME, view);
}
