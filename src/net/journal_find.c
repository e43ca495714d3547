/* Reading the journal's segments, from the newest row back to where the span begins. */
#include "net/journal.h"
#include "base/json.h"
#include "base/time.h"
#include "net/journal_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LATE 60 /* seconds: rows of several threads, or before a clock was set, stand a little out of order */

struct search {
	struct arena *mem;
	const struct journal_filter *want;
	struct journal_found *rows; /* newest first while searching */
	size_t count;
	bool cut, past;
};

/* "2026-11-20T09:30:00.123Z" */
static bool read_time(str text, int64_t *at_ms)
{
	int64_t seconds, ms = 0;

	if (time_rfc3339_parse(text, &seconds) != OK)
		return false;
	if (text.n == 24 && !str_int(str_sub(text, 20, 23), &ms))
		return false;
	*at_ms = seconds * 1000 + ms;
	return true;
}

static bool fits(const struct json *o, const struct journal_filter *f)
{
	return str_starts(json_get_str(o, S("event")), f->event) &&
	    (!f->user.n || str_eq(json_get_str(o, S("user")), f->user)) &&
	    (!f->client.n || str_eq(json_get_str(o, S("client")), f->client));
}

static void take_line(struct search *s, struct arena *mem, str line)
{
	const struct json *o;
	int64_t at_ms;

	if (line.n > JOURNAL_ROW_MAX || json_parse(mem, line, &o, NULL) != OK ||
	    !json_get_str(o, S("event")).n || !read_time(json_get_str(o, S("time")), &at_ms))
		return;
	if (at_ms < s->want->since * 1000) {
		s->past |= at_ms / 1000 < s->want->since - LATE;
		return;
	}
	if (!fits(o, s->want))
		return;
	if (s->count == JOURNAL_FOUND_MAX)
		s->cut = true;
	else
		s->rows[s->count] = (struct journal_found){ at_ms, s->count, arena_copy(s->mem, line) };
	s->count += !s->cut;
}

static void search_text(struct search *s, str text)
{
	while (text.n && !s->past && !s->cut) {
		size_t end = text.n, from;
		if (text.p[end - 1] == '\n')
			end--;
		for (from = end; from && text.p[from - 1] != '\n'; from--)
			;
		struct arena *mem = arena_new(65536);
		take_line(s, mem, str_sub(text, from, end));
		arena_unref(mem);
		text.n = from;
	}
}

static void search_segment(struct search *s, str dir, unsigned number)
{
	char path[JOURNAL_PATH_MAX], *all = NULL;
	struct stat st;
	size_t n = 0;

	journal_path(path, dir, number);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_size > 0 && (size_t)st.st_size <= JOURNAL_SEGMENT_MAX)
		all = malloc((size_t)st.st_size);
	for (ssize_t got = 1; all && got > 0 && n<(size_t)st.st_size; n += got> 0 ? (size_t)got : 0)
		got = read(fd, all + n, (size_t)st.st_size - n);
	close(fd);
	search_text(s, (str){ all, n });
	free(all);
}

static int by_time(const void *a, const void *b)
{
	const struct journal_found *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return x->back > y->back ? -1 : x->back < y->back;
}

size_t journal_find(struct arena *mem, str dir, const struct journal_filter *want,
    const struct journal_found **out, bool *cut)
{
	struct search s = { .mem = mem, .want = want };
	unsigned numbers[JOURNAL_SEEN_MAX];

	*out = NULL;
	*cut = false;
	if (dir.n == 0 || str_eq(dir, S("none")) || dir.n >= JOURNAL_PATH_MAX - 32)
		return 0;
	s.rows = NEW_ARRAY(mem, struct journal_found, JOURNAL_FOUND_MAX);
	for (size_t i = journal_numbers(dir, numbers); i-- > 0 && !s.past && !s.cut;)
		search_segment(&s, dir, numbers[i]);
	qsort(s.rows, s.count, sizeof *s.rows, by_time);
	*out = s.rows;
	*cut = s.cut;
	return s.count;
}
