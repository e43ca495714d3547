#include "admin/management.h"

/* clang-format off */
#define MANAGEMENT(row) row
#define TOOLS(row)
#define OPENID(row)
#define SCOPE(scope_, of_, challenged_, words_) of_(SCOPE_ROW(scope_, words_))
#define SCOPE_ROW(scope_, words_) { S_INIT(scope_), S_INIT(words_) },
static const struct scope_word words[] = {
#include "scopes.def"
};
#undef SCOPE_ROW
#define SCOPE_ROW(scope_, words_) scope_ " "
static const char all[] =
#include "scopes.def"
;
#undef SCOPE
#undef SCOPE_ROW
#define SCOPE(scope_, of_, challenged_, words_) of_(CHALLENGED_##challenged_(scope_))
#define CHALLENGED_true(scope_) scope_ " "
#define CHALLENGED_false(scope_) ""
static const char challenged[] =
#include "scopes.def"
;
#undef SCOPE
/* clang-format on */

/* Requires none: any token for it may ask who it is (get_me), and each operation names what it needs. */
struct resource management_resource(struct arena *mem, const struct config *config, str origin)
{
	return (struct resource){
		.path = config->management_path,
		.identifier = arena_printf(mem, "%.*s%.*s", FMT(origin), FMT(config->management_path)),
		.name = S("Gatehouse management"),
		.management = true,
		.declared = true,
		.scopes = { all, sizeof all - 2 },
		.words = words,
		.word_count = COUNT(words),
		.challenge = { challenged, sizeof challenged - 2 },
	};
}
