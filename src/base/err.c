#include "base/err.h"

static const struct err_row rows[ERR_COUNT] = {
	[OK] = { "OK", ERR_KIND_INNER, 200, "", "", "", "", "" },
#define ERR(name_, kind_, status_, code_, words_, expected_, rule_, mend_) \
	[ERR_##name_] = { .name = #name_,                                  \
		.kind = ERR_KIND_##kind_,                                  \
		.status = (status_),                                       \
		.code = "" code_,                                          \
		.words = "" words_,                                        \
		.expected = "" expected_,                                  \
		.rule = "" rule_,                                          \
		.mend = "" mend_ },
#include "err.def"
#undef ERR
};

const struct err_row *err_row(enum err e)
{
	return &rows[(unsigned)e < ERR_COUNT ? e : OK];
}

void err_tell(struct buf *out, enum err e, str why)
{
	const struct err_row *row = err_row(e);

	if (why.n == 0)
		why = str_of(row->words);
	buf_put(out, why);
	if (why.n && why.p[why.n - 1] != '.')
		buf_char(out, '.');
	if (row->mend[0])
		buf_printf(out, "%s%s", why.n ? " " : "", row->mend);
}
