#include "core/outside_age.h"
#include "base/unit.h"

#define NOW 1800000000 /* Fri, 15 Jan 2027 08:00:00 GMT */

static void follows_headers_within_bounds(void **state)
{
	static const struct {
		const char *says, *cache, *expires, *date, *age;
		int64_t fresh;
	} rows[] = {
		{ "nothing is said: the usual", "", "", "", "", 300 },
		{ "max-age", "max-age=600", "", "", "", 600 },
		{ "quoted", "public, MAX-AGE=\"600\"", "", "", "", 600 },
		{ "less its age", "max-age=600", "", "", "200", 400 },
		{ "older than it may be: the least", "max-age=600", "", "", "900", 60 },
		{ "CIMDX-10 a century is cut to a day", "max-age=999999999", "", "", "", 86400 },
		{ "CIMDX-10 more than can be counted too", "max-age=99999999999999999999999", "", "", "",
		    86400 },
		{ "CIMDX-10 no-store is still a minute", "no-store", "", "", "", 60 },
		{ "so is no-cache, whatever stands beside it", "max-age=6000, no-cache", "", "", "", 60 },
		{ "and private", "private, max-age=6000", "", "", "", 60 },
		{ "and nothing", "max-age=0", "", "", "", 60 },
		{ "a minus is no number", "max-age=-5", "", "", "", 60 },
		{ "no number at all", "max-age=soon", "", "", "", 60 },
		{ "many share this cache", "max-age=100, s-maxage=900", "", "", "", 900 },
		{ "a longer name is another directive", "x-max-age=900", "", "", "", 300 },
		{ "Expires by the host's clock", "", "Fri, 15 Jan 2027 09:10:00 GMT",
		    "Fri, 15 Jan 2027 09:00:00 GMT", "", 600 },
		{ "Expires by ours", "", "Fri, 15 Jan 2027 08:10:00 GMT", "", "", 600 },
		{ "Expires before Date", "", "Fri, 15 Jan 2027 08:00:00 GMT", "Fri, 15 Jan 2027 09:00:00 GMT",
		    "", 60 },
		{ "Expires: 0", "", "0", "", "", 60 },
		{ "Cache-Control comes before Expires", "max-age=600", "Fri, 15 Jan 2027 18:00:00 GMT", "",
		    "", 600 },
		{ "an age that is none", "max-age=600", "", "", "x", 600 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fetch_answer a = { .cache = str_of(rows[i].cache),
			.expires = str_of(rows[i].expires),
			.date = str_of(rows[i].date),
			.age = str_of(rows[i].age) };
		int64_t got = outside_age(&a, NOW, 60, 86400, 300);
		if (got != rows[i].fresh)
			fail_msg(
			    "%s: %lld, not %lld", rows[i].says, (long long)got, (long long)rows[i].fresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(follows_headers_within_bounds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
