#include "model/resource.h"
#include "model/scope.h"

#define FEW 8 /* scopes that fit on a consent page without scrolling */

static const struct resource *only_one_asked(const struct resource *all, size_t count, str asked)
{
	const struct resource *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!scope_meets(asked, all[i].scopes))
			continue;
		if (found)
			return NULL;
		found = &all[i];
	}
	return found;
}

const struct resource *resource_pick(const struct resource *all, size_t count, str asked)
{
	const struct resource *found = only_one_asked(all, count, asked), *management = NULL;
	size_t others = 0;

	if (found)
		return found;
	for (size_t i = 0; i < count; i++) {
		if (all[i].management) {
			management = &all[i];
			continue;
		}
		found = &all[i];
		others++;
	}
	if (others == 1)
		return found;
	return others ? NULL : management;
}

str resource_scope_default(const struct resource *r)
{
	str rest = r->scopes, word;
	size_t count = 0;

	if (r->challenge.n)
		return r->challenge;
	while (str_word(&rest, ' ', &word))
		count++;
	return count <= FEW ? r->scopes : (str){ NULL, 0 };
}

str resource_scope_grant(struct arena *mem, const struct resource *r, str asked, str limit, bool offline)
{
	str allowed = limit.n ? scope_both(mem, r->scopes, limit) : r->scopes;
	str scope = scope_both(mem, asked, allowed);

	if (scope.n == 0)
		scope = scope_both(mem, resource_scope_default(r), allowed);
	if (scope.n == 0 && limit.n)
		scope = allowed;
	str person = scope_person_asked(mem, asked);
	scope = scope_union(mem, scope, limit.n ? scope_both(mem, person, limit) : person);
	if (offline && str_list_has(asked, ' ', SCOPE_OFFLINE))
		scope = scope_union(mem, scope, SCOPE_OFFLINE);
	return scope;
}

str resource_scope_words(const struct resource *r, str scope)
{
	for (size_t i = 0; i < r->word_count; i++)
		if (str_eq(r->words[i].scope, scope) && r->words[i].words.n)
			return r->words[i].words;
	if (scope_person_words(scope).n)
		return scope_person_words(scope);
	if (str_eq(scope, SCOPE_OFFLINE))
		return S("Stay connected while you are away, until you take the access back");
	return scope;
}
