#include "base/time.h"

#include <time.h>

#define DAY 86400

static const char day_names[] = "ThuFriSatSunMonTueWed"; /* 1970 began on a Thursday */
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct date {
	int64_t year;
	int month, day, hour, minute, second; /* month and day from 1 */
};

int64_t time_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

int64_t time_mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Days since 1970 of a day of the Gregorian calendar; years begin in March, so that the leap day comes last. */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t century4 = (year >= 0 ? year : year - 399) / 400;
	int64_t in4 = year - century4 * 400;
	int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return century4 * 146097 + in4 * 365 + in4 / 4 - in4 / 100 + in_year - 719468;
}

static struct date date_of(int64_t t)
{
	int64_t first = days_of(1, 1, 1) * DAY, last = days_of(10000, 1, 1) * DAY - 1;

	t = t < first ? first : t > last ? last : t;
	int64_t days = (t >= 0 ? t : t - DAY + 1) / DAY, rest = t - days * DAY;
	int64_t shifted = days + 719468; /* since March 1st of year 0: never negative here */
	int64_t century4 = shifted / 146097, in4 = shifted % 146097;
	int64_t year = (in4 - in4 / 1460 + in4 / 36524 - in4 / 146096) / 365;
	int64_t in_year = in4 - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * in_year + 2) / 153;
	struct date d = {
		.day = (int)(in_year - (153 * month + 2) / 5 + 1),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.hour = (int)(rest / 3600),
		.minute = (int)(rest / 60 % 60),
		.second = (int)(rest % 60),
	};

	d.year = year + century4 * 400 + (d.month <= 2);
	return d;
}

/* False for a date that no calendar has. A leap second counts as the first second of the next minute. */
static bool date_seconds(const struct date *d, int64_t *out)
{
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (d->year % 4 == 0 && d->year % 100) || d->year % 400 == 0;

	if (d->year < 1 || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1 ||
	    d->day > lengths[d->month - 1] || (d->month == 2 && d->day == 29 && !leap))
		return false;
	if (d->hour > 23 || d->minute > 59 || d->second > 60)
		return false;
	*out = days_of(d->year, d->month, d->day) * DAY + d->hour * 3600 + d->minute * 60 + d->second;
	return true;
}

/* n digits at the front of *s, taken off. */
static bool number(str *s, size_t n, int *out)
{
	str digits = str_sub(*s, 0, n);
	int64_t v;

	if (digits.n != n || !str_within(digits, '0', '9') || !str_int(digits, &v))
		return false;
	*out = (int)v;
	*s = str_sub(*s, n, s->n);
	return true;
}

static bool take(str *s, str text)
{
	if (!str_starts(*s, text))
		return false;
	*s = str_sub(*s, text.n, s->n);
	return true;
}

static bool clock_parse(str *s, struct date *d)
{
	return number(s, 2, &d->hour) && take(s, S(":")) && number(s, 2, &d->minute) && take(s, S(":")) &&
	    number(s, 2, &d->second);
}

str time_rfc3339(struct arena *mem, int64_t t)
{
	struct date d = date_of(t);

	return arena_printf(
	    mem, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)d.year, d.month, d.day, d.hour, d.minute, d.second);
}

enum err time_rfc3339_parse(str s, int64_t *out)
{
	struct date d;
	int year;

	if (!number(&s, 4, &year) || !take(&s, S("-")) || !number(&s, 2, &d.month) || !take(&s, S("-")) ||
	    !number(&s, 2, &d.day) || !take(&s, S("T")) || !clock_parse(&s, &d))
		return ERR_BAD_ENCODING;
	d.year = year;
	if (take(&s, S("."))) {
		int digit;
		if (!number(&s, 1, &digit))
			return ERR_BAD_ENCODING;
		while (number(&s, 1, &digit))
			;
	}
	return str_eq(s, S("Z")) && date_seconds(&d, out) ? OK : ERR_BAD_ENCODING;
}

/* Three letters of the day that t lies in. */
static str day_name(int64_t t)
{
	int64_t days = (t >= 0 ? t : t - DAY + 1) / DAY;

	return (str){ day_names + ((days % 7) + 7) % 7 * 3, 3 };
}

str time_http_date(struct arena *mem, int64_t t)
{
	struct date d = date_of(t);
	int64_t held;

	if (date_seconds(&d, &held))
		t = held;
	return arena_printf(mem, "%.*s, %02d %.3s %04d %02d:%02d:%02d GMT", FMT(day_name(t)), d.day,
	    month_names + (d.month - 1) * 3, (int)d.year, d.hour, d.minute, d.second);
}

enum err time_http_date_parse(str s, int64_t *out)
{
	str day = str_sub(s, 0, 3);
	struct date d = { .month = 0 };
	int year;
	int64_t t;

	s = str_sub(s, 3, s.n);
	if (!take(&s, S(", ")) || !number(&s, 2, &d.day) || !take(&s, S(" ")))
		return ERR_BAD_ENCODING;
	for (int m = 1; m <= 12 && d.month == 0; m++)
		if (take(&s, (str){ month_names + (m - 1) * 3, 3 }))
			d.month = m;
	if (!take(&s, S(" ")) || !number(&s, 4, &year) || !take(&s, S(" ")) || !clock_parse(&s, &d) ||
	    !str_eq(s, S(" GMT")))
		return ERR_BAD_ENCODING;
	d.year = year;
	if (!date_seconds(&d, &t) || !str_eq(day, day_name(t)))
		return ERR_BAD_ENCODING;
	*out = t;
	return OK;
}

enum err time_duration_parse(str text, int64_t *out)
{
	int64_t v, unit = 1;
	char last = text.n ? text.p[text.n - 1] : '\0';

	switch (last) {
	case 'w':
		unit = 7 * DAY;
		break;
	case 'd':
		unit = DAY;
		break;
	case 'h':
		unit = 3600;
		break;
	case 'm':
		unit = 60;
		break;
	default:
		break;
	}
	if (unit > 1 || last == 's')
		text.n--;
	if (!str_int(text, &v) || text.p[0] == '-' || v > (int64_t)36525 * DAY / unit)
		return ERR_BAD_ENCODING;
	*out = v * unit;
	return OK;
}
