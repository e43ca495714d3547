#include "net/recorder_entry.h"
#include "base/json.h"

#include <string.h>

static const uint16_t text_max[TEXTS] = { 320, 16, 160, 128, 48, 64 };
static const char *const keys[TEXTS] = { "detail", "method", "path", "client", "peer", "place" };

const struct absence absences[AWAIT_COUNT] = {
	[AWAIT_CODE] = { "NEVER_REDEEMED", "a code was given and never redeemed", 90 },
	[AWAIT_TOKEN] = { "NEVER_USED", "a token was given and never used at a resource", 30 },
	[AWAIT_AUTHORIZE] = { "NEVER_FOLLOWED",
	    "a client registered and never came to the authorization endpoint", 600 },
};

str entry_text(const struct entry *e, int which)
{
	size_t at = 0;

	for (int i = 0; i < which; i++)
		at += e->n[i];
	return (str){ e->text + at, e->n[which] };
}

void entry_set_texts(struct entry *e, const str texts[TEXTS])
{
	size_t at = 0;

	for (int i = 0; i < TEXTS; i++) {
		size_t n = texts[i].n < text_max[i] ? texts[i].n : text_max[i];
		if (n)
			memcpy(e->text + at, texts[i].p, n);
		e->n[i] = (uint16_t)n;
		at += n;
	}
}

const char *entry_name(const struct entry *e)
{
	return e->missing ? absences[e->code].name : err_row((enum err)e->code)->name;
}

void entry_write(struct buf *b, const struct entry *e)
{
	struct jout j = JOUT(b);

	jout_object(&j, S(""));
	jout_str(&j, S("id"), str_of(e->id));
	jout_int(&j, S("at"), e->at);
	jout_strz(&j, S("name"), entry_name(e));
	for (int i = 0; i < TEXTS; i++)
		if (e->n[i] && str_utf8(entry_text(e, i)))
			jout_str(&j, str_of(keys[i]), entry_text(e, i));
	jout_end(&j);
	buf_char(b, '\n');
}

/* The number of a name: errors and absences are kept by name, so that a newer program reads an older file rightly. */
static bool name_known(str name, struct entry *e)
{
	for (int i = 0; i < AWAIT_COUNT; i++)
		if (str_eq(name, str_of(absences[i].name))) {
			e->missing = true;
			e->code = (uint16_t)i;
			return true;
		}
	for (int i = 1; i < ERR_COUNT; i++)
		if (str_eq(name, str_of(err_row((enum err)i)->name))) {
			e->missing = false;
			e->code = (uint16_t)i;
			return true;
		}
	return false;
}

bool entry_read(struct arena *mem, str line, struct entry *out)
{
	const struct json *o;
	str texts[TEXTS];

	*out = (struct entry){ 0 };
	/* The last line of a process that was killed may be half of one. */
	if (json_parse(mem, line, &o, NULL) != OK || !json_get_int(o, S("at"), &out->at) ||
	    !name_known(json_get_str(o, S("name")), out))
		return false;
	str id = json_get_str(o, S("id"));
	if (id.n != RECORD_ID)
		return false;
	memcpy(out->id, id.p, id.n);
	for (int i = 0; i < TEXTS; i++)
		texts[i] = json_get_str(o, str_of(keys[i]));
	entry_set_texts(out, texts);
	return true;
}
