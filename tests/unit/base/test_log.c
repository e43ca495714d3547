#include "base/json.h"
#include "base/log.h"
#include "base/unit.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static char line[1 << 16];

/* What was logged since; waits for nothing. */
static str logged(void)
{
	ssize_t n = read(ends[0], line, sizeof line);

	return (str){ line, n > 0 ? (size_t)n : 0 };
}

static int open_pipe(void **state)
{
	if (pipe(ends))
		return -1;
	log_set_fd(ends[1]);
	return 0;
}

static int close_pipe(void **state)
{
	log_set_fd(2);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void one_object_per_line(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	const struct json *v;
	int64_t n;

	log_info("listening", LOG_STR("address", S("[::1]\n\"\x1b<\xff")), LOG_INT("port", 8080),
	    LOG_STRZ("z", "zz"));
	str s = logged();
	holds("ends in one line end", str_ends(s, S("\n")) && str_index(s, '\n') == (ptrdiff_t)s.n - 1);
	same_err("JSON", json_parse(mem, str_sub(s, 0, s.n - 1), &v, NULL), OK);
	same("level", json_get_str(v, S("level")), S("info"));
	same("event", json_get_str(v, S("event")), S("listening"));
	same("text", json_get_str(v, S("address")), S("[::1]\n\"\x1b<\xef\xbf\xbd"));
	same("string", json_get_str(v, S("z")), S("zz"));
	holds("number", json_get_int(v, S("port"), &n) && n == 8080);
	str t = json_get_str(v, S("time"));
	holds("time", t.n == 24 && t.p[10] == 'T' && t.p[19] == '.' && t.p[23] == 'Z');
	log_error("nothing more");
	holds("no fields", str_find(logged(), S("\"event\":\"nothing more\"}\n")) > 0);
	arena_unref(mem);
}

static void long_values_are_cut(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	static char big[4000];
	const struct json *v;

	memset(big, '\x01', sizeof big); /* becomes six times as long */
	str b = { big, sizeof big };
	log_warn("big", LOG_STR("a", b), LOG_STR("b", b), LOG_STR("c", b), LOG_INT("n", 1));
	str s = logged();
	holds("within the limit", s.n <= 8192);
	same_err("still JSON", json_parse(mem, str_sub(s, 0, s.n - 1), &v, NULL), OK);
	same_int("cut", (int64_t)json_get_str(v, S("a")).n, 512);
	holds("left out", !json_get(v, S("c")));
	holds("what fits comes", json_get(v, S("n")));
	arena_unref(mem);
}

static void levels(void **state)
{
	enum log_level level;

	log_set_level(LOG_LEVEL_WARN);
	log_debug("quiet", LOG_INT("n", 1));
	log_info("quiet", LOG_INT("n", 1));
	log_warn("loud", LOG_INT("n", 1));
	str s = logged();
	holds("only the loud one", str_find(s, S("quiet")) < 0 && str_find(s, S("\"warn\"")) > 0);
	holds("parses", log_level_parse(S("debug"), &level) && level == LOG_LEVEL_DEBUG);
	holds("nothing else", !log_level_parse(S("Debug"), &level) && !log_level_parse(S(""), &level));
	log_set_level(LOG_LEVEL_INFO);
}

static void *chatter(void *name)
{
	for (int i = 0; i < 50; i++)
		log_info("chatter", LOG_STRZ("who", name), LOG_INT("i", i));
	return NULL;
}

static void lines_never_mix(void **state)
{
	struct arena *mem = arena_new(1 << 20);
	pthread_t t;
	char name[] = "thread", other[] = "main";
	str rest, one;
	size_t count = 0;

	assert_int_equal(pthread_create(&t, NULL, chatter, name), 0);
	chatter(other);
	assert_int_equal(pthread_join(t, NULL), 0);
	for (rest = logged(); str_cut(rest, '\n', &one, &rest); count++) {
		const struct json *v;
		same_err("each is whole", json_parse(mem, one, &v, NULL), OK);
	}
	same_int("none is lost", (int64_t)count, 100);
	log_set_fd(-1);
	log_info("to nowhere"); /* is no reason to fail */
	arena_unref(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_object_per_line, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(long_values_are_cut, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(levels, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(lines_never_mix, open_pipe, close_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
