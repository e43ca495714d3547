#include "admin/authorize.h"

/* Iterative: on a mismatch the last star takes one character more. */
static bool fits(str pattern, str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			mark = t;
		} else if (p < pattern.n && pattern.p[p] == text.p[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static const struct config_role *role_find(const struct config *config, str name)
{
	for (size_t i = 0; i < config->role_count; i++)
		if (str_eq(config->roles[i].name, name))
			return &config->roles[i];
	return NULL;
}

bool role_may(const struct config *config, str role, str action)
{
	const struct config_role *r = role_find(config, role);
	bool yes = false;
	str rest = r ? r->patterns : S(""), word;

	while (str_word(&rest, ' ', &word)) {
		bool no = str_starts(word, S("!"));
		if (!fits(str_sub(word, no, word.n), action))
			continue;
		if (no)
			return false;
		yes = true;
	}
	return yes;
}

int role_rank_of(str role)
{
	return str_eq(role, S("owner")) ? 3
	    : str_eq(role, S("admin"))  ? 2
	    : str_eq(role, S("member")) ? 1
					: 0;
}

int role_rank(const struct actor *actor)
{
	return actor->os ? 4 : role_rank_of(actor->role);
}

enum err authorize(struct ctx *c, str action, const struct object *object)
{
	const struct actor *a = &c->actor;
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	if (a->os || !action.n)
		return OK;
	if (object && object->user && object->user == a->user)
		return OK;
	if ((a->user || a->machine) && role_may(c->site->config, a->role, action))
		return OK;

	enum err e = FAIL(c, NO_PERMISSION, "role %.*s lacks %.*s", FMT(a->role), FMT(action));
	jout_object(&j, S(""));
	jout_str(&j, S("required"), action);
	jout_str(&j, S("role"), a->role);
	jout_end(&j);
	if (a->machine)
		c->fail.say = arena_printf(c->mem,
		    "This client's role %.*s does not allow %.*s. Give it another one with update_client.",
		    FMT(a->role), FMT(action));
	else
		c->fail.say = arena_printf(c->mem,
		    "Your role %.*s does not allow %.*s. An owner sets what roles may do with roles in "
		    "gatehouse.yml, and gives roles to people.",
		    FMT(a->role), FMT(action));
	c->fail.data = buf_str(&b);
	return e;
}
