#include "model/scope.h"
#include "base/buf.h"

/* clang-format off */
#define MANAGEMENT(row)
#define TOOLS(row)
#define OPENID(row) row
#define SCOPE(scope_, of_, challenged_, words_) of_(SCOPE_ROW(scope_, words_))
#define SCOPE_ROW(scope_, words_) { S_INIT(scope_), S_INIT(words_) },
static const struct {
	str scope, words;
} person[] = {
#include "scopes.def"
};
#undef SCOPE_ROW
#define SCOPE_ROW(scope_, words_) scope_ " "
static const char person_all[] =
#include "scopes.def"
;
#undef SCOPE_ROW
#undef SCOPE
/* clang-format on */

str scope_person(void)
{
	return (str){ person_all, sizeof person_all - 2 };
}

str scope_person_words(str word)
{
	for (size_t i = 0; i < COUNT(person); i++)
		if (str_eq(person[i].scope, word))
			return person[i].words;
	return S("");
}

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

str scope_person_asked(struct arena *mem, str asked)
{
	return str_list_has(asked, ' ', SCOPE_OPENID) ? scope_both(mem, scope_person(), asked) : S("");
}
