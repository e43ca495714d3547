#include "model/scope.h"
#include "base/buf.h"

bool scope_covers(str have, str want)
{
	str word;

	while (str_word(&want, ' ', &word))
		if (!str_list_has(have, ' ', word))
			return false;
	return true;
}

bool scope_meets(str a, str b)
{
	str word;

	while (str_word(&a, ' ', &word))
		if (str_list_has(b, ' ', word))
			return true;
	return false;
}

static void add(struct buf *b, str word)
{
	if (str_list_has(buf_str(b), ' ', word))
		return;
	if (b->n)
		buf_char(b, ' ');
	buf_put(b, word);
}

str scope_both(struct arena *mem, str a, str b)
{
	struct buf out = BUF(mem);
	str word;

	while (str_word(&a, ' ', &word))
		if (str_list_has(b, ' ', word))
			add(&out, word);
	return buf_str(&out);
}

str scope_union(struct arena *mem, str a, str b)
{
	struct buf out = BUF(mem);
	str word;

	while (str_word(&a, ' ', &word))
		add(&out, word);
	while (str_word(&b, ' ', &word))
		add(&out, word);
	return buf_str(&out);
}

str scope_without(struct arena *mem, str a, str word)
{
	struct buf out = BUF(mem);
	str each;

	while (str_word(&a, ' ', &each))
		if (!str_eq(each, word))
			add(&out, each);
	return buf_str(&out);
}
