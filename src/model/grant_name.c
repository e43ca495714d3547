#include "model/grant_name.h"
#include "base/buf.h"

enum who { ANYBODY, DECLARED };

#define GRANT(name_, who_) { S_INIT(name_), who_ },
static const struct {
	str name;
	enum who who;
} grants[] = {
#include "grants.def"
};
#undef GRANT

str grant_name_at(size_t i)
{
	return i < COUNT(grants) ? grants[i].name : (str){ NULL, 0 };
}

/* "device_code" of "urn:ietf:params:oauth:grant-type:device_code" */
static str last_part(str name)
{
	size_t at = name.n;

	while (at > 0 && name.p[at - 1] != ':')
		at--;
	return str_sub(name, at, name.n);
}

str grant_name_find(str name)
{
	for (size_t i = 0; i < COUNT(grants); i++)
		if (str_eq(grants[i].name, name) || str_eq(last_part(grants[i].name), name))
			return grants[i].name;
	return (str){ NULL, 0 };
}

bool grant_name_registrable(str name)
{
	for (size_t i = 0; i < COUNT(grants); i++)
		if (str_eq(grants[i].name, name))
			return grants[i].who == ANYBODY;
	return false;
}

unsigned grant_names_bits(str names)
{
	unsigned bits = 0;

	for (size_t i = 0; i < COUNT(grants); i++)
		if (str_list_has(names, ' ', grants[i].name))
			bits |= 1u << i;
	return bits;
}

str grant_names_text(struct arena *mem, unsigned bits)
{
	struct buf b = BUF(mem);

	for (size_t i = 0; i < COUNT(grants); i++) {
		if (!(bits & 1u << i))
			continue;
		if (b.n)
			buf_char(&b, ' ');
		buf_put(&b, grants[i].name);
	}
	return buf_str(&b);
}
