/* resource: rules about protected resources: which one a request means, and which of its scopes it gets. */
#ifndef MODEL_RESOURCE_H
#define MODEL_RESOURCE_H

#include "model/model.h"

/*
 * The resource of a request that names none (RFC 8707 section 2 leaves that to us; old clients do it): the
 * only one that knows a scope it asks for, else the only protected one besides management, else management
 * when there is nothing else. NULL when that leaves a choice.
 */
const struct resource *resource_pick(const struct resource *all, size_t count, str asked);
/* What a request without scope gets: what the resource's challenge asks for, else all scopes when few. */
str resource_scope_default(const struct resource *r);
/*
 * The scopes that a request asking for asked is about: unknown ones are left out (clients send claudeai and
 * offline_access wherever they go), and when nothing known is left, the default. Those about the person come besides,
 * when openid is among what is asked for. limit: what the client may have at all, empty for anything. offline: whether
 * offline_access is kept when asked for.
 */
str resource_scope_grant(struct arena *mem, const struct resource *r, str asked, str limit, bool offline);
/* What a scope lets somebody do, in words for people; the scope itself when nobody has found any. */
str resource_scope_words(const struct resource *r, str scope);

#endif
