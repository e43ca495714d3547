#include "login/words.h"

#include "base/time.h"

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

str words_day(struct arena *mem, int64_t t)
{
	static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July",
		"August", "September", "October", "November", "December" };
	str iso = time_rfc3339(mem, t); /* 2026-11-20T... */
	int64_t year = 0, month = 1, day = 0;

	if (!str_int(str_sub(iso, 0, 4), &year) || !str_int(str_sub(iso, 5, 7), &month) ||
	    !str_int(str_sub(iso, 8, 10), &day) || month < 1 || month > 12)
		return iso;
	return arena_printf(mem, "%lld %s %lld", (long long)day, months[month - 1], (long long)year);
}

static str some(struct arena *mem, int64_t n, const char *what)
{
	return arena_printf(mem, "%lld %s%s ago", (long long)n, what, n == 1 ? "" : "s");
}

str words_ago(struct arena *mem, int64_t now, int64_t t)
{
	int64_t s = now - t;

	if (s < MINUTE)
		return S("just now");
	if (s < HOUR)
		return some(mem, s / MINUTE, "minute");
	if (s < DAY)
		return some(mem, s / HOUR, "hour");
	if (s < 2 * DAY)
		return S("yesterday");
	return s < 31 * DAY ? some(mem, s / DAY, "day") : words_day(mem, t);
}

str words_host(str redirect_host)
{
	static const str here[] = { S_INIT("localhost"), S_INIT("127.0.0.1"), S_INIT("[::1]") };

	for (size_t i = 0; i < COUNT(here); i++) {
		str rest = str_sub(redirect_host, here[i].n, redirect_host.n);
		if (str_starts(redirect_host, here[i]) && (rest.n == 0 || rest.p[0] == ':'))
			return S("an application on this computer");
	}
	return redirect_host;
}
