#include "http/form.h"
#include "base/enc.h"

static enum err decode(struct arena *mem, str text, str *out)
{
	enum err e = percent_parse(mem, text, true, out);

	if (e == ERR_BAD_ENCODING)
		return ERR_PARAM_SYNTAX;
	TRY(e);
	/* C and PostgreSQL would cut the value at a NUL */
	return str_has(*out, '\0') || !str_utf8(*out) ? ERR_PARAM_SYNTAX : OK;
}

enum err form_parse(struct arena *mem, str text, struct form *out)
{
	size_t count = text.n > 0;
	str field, name, value;
	bool more;

	*out = (struct form){ 0 };
	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == '&';
	/* fields that are empty count too: nobody needs a hundred '&' */
	if (count > FORM_FIELDS_MAX)
		return ERR_PARAM_SYNTAX;
	struct form_field *fields = arena_try_array(mem, count, sizeof *fields);
	if (!fields)
		return ERR_TOO_LARGE;
	do {
		more = str_cut(text, '&', &field, &text);
		if (field.n == 0)
			continue;
		str_cut(field, '=', &name, &value);
		TRY(decode(mem, name, &fields[out->count].name));
		TRY(decode(mem, value, &fields[out->count].value));
		out->count++;
	} while (more);
	out->fields = fields;
	return OK;
}

str form_get(const struct form *f, str name)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->fields[i].name, name))
			return f->fields[i].value.p ? f->fields[i].value : S("");
	return (str){ NULL, 0 };
}
