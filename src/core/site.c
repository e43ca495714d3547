#include "core/site.h"

#include "base/url.h"

const struct site *site_ref(const struct site *s)
{
	(void)arena_ref(s->mem);
	return s;
}

void site_unref(const struct site *s)
{
	if (s)
		arena_unref(s->mem);
}

const struct resource *site_resource(const struct site *s, str identifier)
{
	struct url want, have;

	if (url_parse(identifier, &want) != OK || want.fragment.p || want.userinfo.p)
		return NULL;
	for (size_t i = 0; i < s->resource_count; i++)
		if (url_parse(s->resources[i].identifier, &have) == OK && url_same(&want, &have))
			return &s->resources[i];
	if (s->self.identifier.n && url_parse(s->self.identifier, &have) == OK && url_same(&want, &have))
		return &s->self;
	return NULL;
}

const struct resource *site_resource_at(const struct site *s, str path)
{
	if (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--; /* both /mcp and /mcp/ answer */
	for (size_t i = 0; i < s->resource_count; i++)
		if (s->resources[i].path.n && str_eq(s->resources[i].path, path))
			return &s->resources[i];
	return NULL;
}
