#include "ui_place.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool among(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcasecmp(word, *list))
			return true;
	return false;
}

/* Appends to a name; false when it grows too long. */
static bool append(char *name, size_t size, char c)
{
	size_t n = strlen(name);

	if (n + 1 >= size)
		return false;
	name[n] = (char)tolower((unsigned char)c);
	name[n + 1] = '\0';
	return true;
}

bool place_url(const struct place *p)
{
	static const char *const urls[] = { "href", "src", "action", "formaction", "cite", "poster", NULL };

	return p->state == PLACE_VALUE && among(p->attr, urls);
}

/* An attribute's name is complete. */
static const char *attr_done(const struct place *p)
{
	if (!strncmp(p->attr, "on", 2))
		return "no event handlers: the page's policy blocks them";
	if (!strcmp(p->attr, "style"))
		return "no inline styles: give it a class in app.css";
	return NULL;
}

static const char *tag_done(struct place *p)
{
	p->state = PLACE_TEXT;
	if (!strcmp(p->element, "style"))
		return "no inline styles: app.css has them all";
	if (!strcmp(p->element, "script"))
		p->script = true;
	if (!strcmp(p->element, "pre") || !strcmp(p->element, "textarea"))
		p->pre++;
	return NULL;
}

static const char *close_done(struct place *p)
{
	p->state = PLACE_TEXT;
	if (p->script && strcmp(p->element, "script") != 0)
		return "no inline scripts: put them into ui/static";
	p->script = false;
	if (!strcmp(p->element, "pre") || !strcmp(p->element, "textarea"))
		p->pre--;
	return p->pre < 0 ? "this closes what is not open" : NULL;
}

static const char *step_tag(struct place *p, char c)
{
	if (isspace((unsigned char)c) || c == '/') {
		p->state = PLACE_TAG;
		return NULL;
	}
	if (c == '>')
		return tag_done(p);
	if (!isalpha((unsigned char)c) || p->state == PLACE_GAP)
		return "an attribute's name, or a blank before it, was expected";
	p->state = PLACE_ATTR;
	p->attr[0] = '\0';
	return append(p->attr, sizeof p->attr, c) ? NULL : "name too long";
}

static const char *step_attr(struct place *p, char c)
{
	if (isalnum((unsigned char)c) || c == '-' || c == ':')
		return append(p->attr, sizeof p->attr, c) ? NULL : "name too long";

	const char *why = attr_done(p);
	if (why)
		return why;
	if (c == '=') {
		p->state = PLACE_EQ;
		return NULL;
	}
	p->state = PLACE_TAG;
	return step_tag(p, c);
}

static const char *step_open(struct place *p, char c)
{
	p->element[0] = '\0';
	if (c == '/') {
		p->state = PLACE_CLOSE;
		return NULL;
	}
	if (c == '!') {
		p->state = PLACE_DECL;
		return NULL;
	}
	if (!isalpha((unsigned char)c))
		return "write &lt; for this '<'";
	p->state = PLACE_NAME;
	return append(p->element, sizeof p->element, c) ? NULL : "name too long";
}

const char *place_step(struct place *p, char c)
{
	switch (p->state) {
	case PLACE_TEXT:
		if (c == '<')
			p->state = PLACE_OPEN;
		else if (p->script)
			return "no inline scripts: put them into ui/static";
		return NULL;
	case PLACE_OPEN:
		return step_open(p, c);
	case PLACE_NAME:
		if (isalnum((unsigned char)c) || c == '-')
			return append(p->element, sizeof p->element, c) ? NULL : "name too long";
		p->state = PLACE_TAG;
		return step_tag(p, c);
	case PLACE_CLOSE:
		if (c == '>')
			return close_done(p);
		return append(p->element, sizeof p->element, c) ? NULL : "name too long";
	case PLACE_DECL:
		if (c == '>')
			p->state = PLACE_TEXT;
		return c == '-' ? "write comments as {{! ... }}, so that they are not sent" : NULL;
	case PLACE_TAG:
	case PLACE_GAP:
		return step_tag(p, c);
	case PLACE_ATTR:
		return step_attr(p, c);
	case PLACE_EQ:
		if (c != '"')
			return "values of attributes stand in double quotes";
		p->state = PLACE_VALUE;
		p->started = false;
		return NULL;
	case PLACE_VALUE:
		if (c == '"')
			p->state = PLACE_TAG;
		else
			p->started = true;
		return NULL;
	}
	return NULL;
}

const char *place_break(struct place *p)
{
	const char *why = p->state == PLACE_ATTR ? attr_done(p) : NULL;

	if (p->state == PLACE_ATTR || p->state == PLACE_NAME)
		p->state = PLACE_GAP;
	if (p->state == PLACE_OPEN || p->state == PLACE_CLOSE || p->state == PLACE_DECL ||
	    p->state == PLACE_EQ)
		return "nothing of the kind can stand here";
	return why;
}

enum escape place_escape(const struct place *p, const char **why)
{
	/* Attributes whose value is a language of its own. */
	static const char *const closed[] = { "srcset", "srcdoc", "content", "http-equiv", "sizes", "media",
		"type", "rel", "target", "method", "enctype", "name", "charset", NULL };

	*why = NULL;
	if (p->state == PLACE_TEXT && !p->script)
		return ESCAPE_TEXT;
	if (p->state != PLACE_VALUE) {
		*why = "a value can stand in text or in a quoted attribute only";
		return ESCAPE_NONE;
	}
	if (among(p->attr, closed)) {
		*why = "this attribute takes no value from outside";
		return ESCAPE_NONE;
	}
	if (!place_url(p))
		return ESCAPE_TEXT;
	return p->started ? ESCAPE_PART : ESCAPE_URL;
}

static enum place_state rough(enum place_state s)
{
	return s == PLACE_GAP ? PLACE_TAG : s;
}

bool place_same(const struct place *a, const struct place *b)
{
	if (rough(a->state) != rough(b->state) || a->pre != b->pre || a->script != b->script)
		return false;
	if (a->state == PLACE_TEXT)
		return true;
	if (strcmp(a->element, b->element) != 0)
		return false;
	return a->state != PLACE_VALUE || (!strcmp(a->attr, b->attr) && a->started == b->started);
}
