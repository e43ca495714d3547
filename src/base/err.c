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
