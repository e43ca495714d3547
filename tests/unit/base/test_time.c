#include "base/time.h"
#include "base/unit.h"

#include <time.h>

static void both_ways(void **state)
{
	static const struct {
		const char *sentence;
		int64_t t;
		const char *rfc3339, *http;
	} rows[] = {
		{ "the beginning", 0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ "the example of RFC 9110", 784111777, "1994-11-06T08:49:37Z",
		    "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ "a second before the beginning", -1, "1969-12-31T23:59:59Z",
		    "Wed, 31 Dec 1969 23:59:59 GMT" },
		{ "a leap day", 951782400, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ "the day after a leap day", 1709251199, "2024-02-29T23:59:59Z",
		    "Thu, 29 Feb 2024 23:59:59 GMT" },
		{ "behind 2038", 4102444800, "2100-01-01T00:00:00Z", "Fri, 01 Jan 2100 00:00:00 GMT" },
		{ "the last second", 253402300799, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ "the first second", -62135596800, "0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 GMT" },
	};
	struct arena *mem = arena_new(1 << 16);

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t t = 0;
		same(rows[i].sentence, time_rfc3339(mem, rows[i].t), str_of(rows[i].rfc3339));
		same_err(rows[i].sentence, time_rfc3339_parse(str_of(rows[i].rfc3339), &t), OK);
		same_int(rows[i].sentence, t, rows[i].t);
		same(rows[i].sentence, time_http_date(mem, rows[i].t), str_of(rows[i].http));
		same_err(rows[i].sentence, time_http_date_parse(str_of(rows[i].http), &t), OK);
		same_int(rows[i].sentence, t, rows[i].t);
	}
	same("held at the end", time_rfc3339(mem, INT64_MAX), S("9999-12-31T23:59:59Z"));
	same("held at the start", time_http_date(mem, INT64_MIN), S("Mon, 01 Jan 0001 00:00:00 GMT"));
	arena_unref(mem);
}

static void every_day_as_the_library_sees_it(void **state)
{
	struct arena *mem = arena_new(SIZE_MAX);

	for (int64_t t = -3 * 86400; t < 5000000000; t += 86400 * 13 + 3607) {
		struct tm tm;
		time_t tt = (time_t)t;
		int64_t back;
		char want[64];
		assert_non_null(gmtime_r(&tt, &tm));
		strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		same("a day", time_http_date(mem, t), str_of(want));
		same_err("a day", time_rfc3339_parse(time_rfc3339(mem, t), &back), OK);
		same_int("a day", back, t);
	}
	arena_unref(mem);
}

static void refused(void **state)
{
	static const char *const rfc3339[] = {
		"",
		"2026-11-20",
		"2026-11-20T09:30:00",
		"2026-11-20 09:30:00Z",
		"2026-11-20T09:30:00z",
		"2026-11-20T09:30:00+00:00",
		"2026-11-20T09:30:00.Z",
		"2026-11-20T9:30:00Z",
		"2026-13-20T09:30:00Z",
		"2026-00-20T09:30:00Z",
		"2026-11-31T09:30:00Z",
		"2026-11-00T09:30:00Z",
		"2025-02-29T09:30:00Z",
		"2100-02-29T09:30:00Z",
		"2026-11-20T24:30:00Z",
		"2026-11-20T09:60:00Z",
		"2026-11-20T09:30:61Z",
		"0000-11-20T09:30:00Z",
		"2026-11-20T09:30:00ZZ",
		"-026-11-20T09:30:00Z",
		"2026-11-20T09:30:+1Z",
	};
	static const char *const http[] = {
		"",
		"Fri",
		"Fri, 20 Nov 2026 09:30:00",
		"Thu, 20 Nov 2026 09:30:00 GMT",
		"fri, 20 Nov 2026 09:30:00 GMT",
		"Fri, 20 nov 2026 09:30:00 GMT",
		"Fri, 2 Nov 2026 09:30:00 GMT",
		"Friday, 20-Nov-26 09:30:00 GMT",
		"Fri Nov 20 09:30:00 2026",
		"Fri, 20 Nov 2026 09:30:00 UTC",
		"Fri, 31 Nov 2026 09:30:00 GMT",
	};
	int64_t t;

	for (size_t i = 0; i < COUNT(rfc3339); i++)
		same_err(rfc3339[i], time_rfc3339_parse(str_of(rfc3339[i]), &t), ERR_BAD_ENCODING);
	for (size_t i = 0; i < COUNT(http); i++)
		same_err(http[i], time_http_date_parse(str_of(http[i]), &t), ERR_BAD_ENCODING);
	same_err("a fraction is dropped", time_rfc3339_parse(S("1970-01-01T00:00:01.987654Z"), &t), OK);
	same_int("a fraction is dropped", t, 1);
	same_err("a leap second", time_rfc3339_parse(S("2016-12-31T23:59:60Z"), &t), OK);
	same_int("a leap second", t, 1483228800);
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: refused */
	} rows[] = {
		{ "60s", 60 },
		{ "10m", 600 },
		{ "24h", 86400 },
		{ "30d", 2592000 },
		{ "2w", 1209600 },
		{ "0", 0 },
		{ "0s", 0 },
		{ "120", 120 },
		{ "36525d", 3155760000 },
		{ "36526d", -1 },
		{ "", -1 },
		{ "s", -1 },
		{ "-1m", -1 },
		{ "1.5h", -1 },
		{ "1h30m", -1 },
		{ "10 m", -1 },
		{ "10M", -1 },
		{ "ten", -1 },
		{ "9223372036854775807w", -1 },
		{ "99999999999", -1 },
		{ "10ms", -1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t v = -1;
		same_err(rows[i].text, time_duration_parse(str_of(rows[i].text), &v),
		    rows[i].seconds < 0 ? ERR_BAD_ENCODING : OK);
		same_int(rows[i].text, v, rows[i].seconds);
	}
}

static void the_clocks_run(void **state)
{
	int64_t mono = time_mono_ms();

	holds("now is after this was written", time_now() > 1770000000);
	holds("it never goes back", time_mono_ms() >= mono && mono >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(every_day_as_the_library_sees_it),
		cmocka_unit_test(refused),
		cmocka_unit_test(durations),
		cmocka_unit_test(the_clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
