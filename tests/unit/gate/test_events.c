/* Where a comment may stand in an event stream. */
#include "base/unit.h"
#include "gate/events.h"

static void only_behind_a_blank_line(void **state)
{
	static const struct {
		const char *sentence, *stream;
		bool between;
	} rows[] = {
		{ "before anything", "", true },
		{ "behind an event", "data: 1\n\n", true },
		{ "behind an event of sse-starlette", "event: message\r\ndata: 1\r\n\r\n", true },
		{ "behind a comment and a blank line", ": ping\n\n", true },
		{ "behind lines that end in two ways", "data: 1\n\r\n", true },
		{ "several blank lines", "data: 1\n\n\n", true },
		{ "within a line", "data: 1", false },
		{ "behind the first line of an event", "data: 1\n", false },
		{ "behind the first line, with CR LF", "data: 1\r\n", false },
		{ "between CR and LF", "data: 1\r\n\r", false },
		{ "a CR alone may still get its LF", "data: 1\r\r", false },
		{ "behind a field that follows an event", "data: 1\n\nid: 2\n", false },
		{ "one byte of the next event", "data: 1\n\nd", false },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		str all = str_of(rows[i].stream);
		for (size_t step = 1; step <= all.n + 1; step++) { /* however it is cut */
			struct events e;
			events_start(&e);
			for (size_t at = 0; at < all.n; at += step)
				events_take(&e, str_sub(all, at, at + step));
			holds(rows[i].sentence, events_between(&e) == rows[i].between);
		}
	}
}

static void who_listens_has_no_end_of_its_own(void **state)
{
	static const struct {
		const char *sentence;
		enum http_method method;
		const char *mcp_method;
		bool listening;
	} rows[] = {
		{ "the stream of 2025", HTTP_GET, NULL, true },
		{ "the one of 2026", HTTP_POST, "subscriptions/listen", true },
		{ "a call of 2026", HTTP_POST, "tools/call", false },
		{ "a call of 2025", HTTP_POST, NULL, false },
		{ "a method is matched by case", HTTP_POST, "Subscriptions/Listen", false },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_header h = { S("mcp-method"), str_of(rows[i].mcp_method) };
		struct http_req r = {
			.method = rows[i].method, .headers = &h, .header_count = rows[i].mcp_method ? 1 : 0
		};
		holds(rows[i].sentence, events_listening(&r) == rows[i].listening);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_behind_a_blank_line),
		cmocka_unit_test(who_listens_has_no_end_of_its_own) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
