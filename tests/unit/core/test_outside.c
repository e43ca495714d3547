/* Documents of others, with a fetcher that is scripted and a time that is given. */
#include "core/outside.h"
#include "base/unit.h"
#include "core/fetch.h"
#include "core/outside_keep.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW 1800000000
#define URL "https://client.example/c.json"
#define GOOD "{\"client_id\":\"x\"}"

static struct {
	struct outside *outside;
	struct config config;
	struct site site;
	/* the script */
	struct fetch_answer answer;
	atomic_int fetches;
	int slow_ms;
	bool refuse; /* what valid says */
	struct fetch_policy asked;
} t;

static void fetch(
    void *arg, str url, const struct fetch_policy *policy, struct arena *mem, struct fetch_answer *out)
{
	(void)arg, (void)url, (void)mem;
	atomic_fetch_add(&t.fetches, 1);
	t.asked = *policy;
	if (t.slow_ms)
		usleep((useconds_t)t.slow_ms * 1000);
	*out = t.answer;
}

static enum err valid(struct ctx *c, str body, void *arg)
{
	(void)arg;
	assert_true(body.n > 0);
	return t.refuse ? FAIL(c, DOCUMENT_INVALID, "client_id differs") : OK;
}

static struct fetch_answer ok(const char *body, const char *cache)
{
	return (struct fetch_answer){ .status = 200, .body = str_of(body), .cache = str_of(cache) };
}

/* One request at a time of its own. */
struct asking {
	struct ctx c;
	struct http_req req;
	struct http_reply reply;
	struct outside_doc doc;
	enum err err;
};

static const struct fetch_port port = { fetch, NULL };

static struct asking *ask_as(uint64_t peer, const char *url, int64_t now)
{
	struct arena *mem = arena_new(1 << 20);
	struct asking *a = NEW(mem, struct asking);

	a->req.peer_key = peer;
	a->c = (struct ctx){ .mem = mem,
		.now = now,
		.now_ms = now * 1000,
		.site = &t.site,
		.req = &a->req,
		.reply = &a->reply,
		.fetch = &port };
	a->err = outside_fetch(&a->c, OUTSIDE_CLIENT, str_of(url), valid, NULL, &a->doc);
	return a;
}

static void done(struct asking *a)
{
	arena_unref(a->c.mem);
}

/* What an asking gives, in one line. */
static enum err fetched(int64_t now)
{
	struct asking *a = ask_as(0, URL, now);
	enum err e = a->err;

	if (e == OK)
		assert_true(str_eq(a->doc.body, S(GOOD)));
	done(a);
	return e;
}

static bool stale_at(int64_t now)
{
	struct asking *a = ask_as(0, URL, now);
	bool stale = a->doc.stale;

	assert_int_equal(a->err, OK);
	assert_true(str_eq(a->doc.body, S(GOOD)));
	done(a);
	return stale;
}

static enum err found(int64_t now, bool stale_ok)
{
	struct arena *mem = arena_new(1 << 20);
	struct ctx c = { .mem = mem, .now = now, .site = &t.site };
	struct outside_doc doc;
	enum err e = outside_find(&c, OUTSIDE_CLIENT, S(URL), stale_ok, &doc);

	arena_unref(mem);
	return e;
}

static int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof t);
	t.outside = outside_new();
	t.site = (struct site){ .config = &t.config, .outside = t.outside };
	t.config.limit_documents = 10;
	t.answer = ok(GOOD, "max-age=600");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	outside_free(t.outside);
	return 0;
}

static void is_asked_for_once_while_it_is_fresh(void **state)
{
	(void)state;
	assert_int_equal(found(NOW, true), ERR_NOT_FOUND);
	assert_int_equal(fetched(NOW), OK);
	assert_int_equal(t.asked.max, 10240);
	assert_int_equal(fetched(NOW + 599), OK);
	assert_int_equal(found(NOW + 599, false), OK);
	assert_int_equal(t.fetches, 1);
	assert_int_equal(found(NOW + 600, false), ERR_NOT_FOUND);
	assert_int_equal(found(NOW + 600, true), OK);
	assert_int_equal(fetched(NOW + 600), OK);
	assert_int_equal(t.fetches, 2);
}

static void serves_the_last_good_one_while_its_host_is_down(void **state)
{
	(void)state;
	assert_false(stale_at(NOW));
	t.answer = (struct fetch_answer){ .result = FETCH_TIME };
	assert_true(stale_at(NOW + 600));
	t.answer = (struct fetch_answer){ .status = 503, .body = S("<html>") };
	assert_true(stale_at(NOW + 700));
	t.answer =
	    (struct fetch_answer){ .result = FETCH_ADDRESS }; /* as a name server that was taken over says */
	assert_true(stale_at(NOW + 800));
	t.answer = ok("<html>Are you a robot?</html>", "");
	assert_true(stale_at(NOW + 900));
	t.answer = ok(GOOD, "max-age=600");
	assert_false(stale_at(NOW + 1000));
	/* but not for ever */
	t.answer = (struct fetch_answer){ .result = FETCH_NAME };
	assert_true(stale_at(NOW + 1600 + OUTSIDE_STALE_MAX - 1));
	assert_int_equal(fetched(NOW + 1600 + OUTSIDE_STALE_MAX + 60), ERR_DOCUMENT_UNREACHABLE);
	assert_int_equal(found(NOW + 1600, true), ERR_NOT_FOUND);
}

static void takes_its_owners_word_at_once(void **state)
{
	(void)state;
	static const int gone[] = { 404, 410 };

	for (size_t i = 0; i < COUNT(gone); i++) {
		int64_t at = NOW + (int64_t)i * 10000;
		t.answer = ok(GOOD, "max-age=600");
		assert_int_equal(fetched(at), OK);
		t.answer = (struct fetch_answer){ .status = gone[i] };
		assert_int_equal(fetched(at + 600), ERR_DOCUMENT_GONE);
		assert_int_equal(found(at + 600, true), ERR_NOT_FOUND);
	}
	t.answer = ok(GOOD, "max-age=600");
	assert_int_equal(fetched(NOW + 50000), OK);
	t.refuse = true;
	assert_int_equal(fetched(NOW + 50600), ERR_DOCUMENT_INVALID);
	assert_int_equal(found(NOW + 50600, true), ERR_NOT_FOUND);
}

static void keeps_no_error_and_does_not_hammer(void **state)
{
	(void)state;
	int64_t at = NOW;

	t.answer = (struct fetch_answer){ .status = 500 };
	assert_int_equal(fetched(at), ERR_DOCUMENT_UNREACHABLE);
	assert_int_equal(fetched(at + 7), ERR_DOCUMENT_UNREACHABLE); /* remembered for 8 s */
	assert_int_equal(t.fetches, 1);
	assert_int_equal(fetched(at += 8), ERR_DOCUMENT_UNREACHABLE);
	assert_int_equal(fetched(at + 15), ERR_DOCUMENT_UNREACHABLE); /* then for 16 */
	assert_int_equal(t.fetches, 2);
	for (int i = 0; i < 6; i++)
		assert_int_equal(fetched(at += 60), ERR_DOCUMENT_UNREACHABLE);
	assert_int_equal(t.fetches, 8); /* and never for more than 60 */
	t.answer = ok(GOOD, "");
	assert_int_equal(fetched(at += 60), OK);
	t.answer = (struct fetch_answer){ .status = 500 };
	assert_true(stale_at(at += 300));
	assert_true(stale_at(at += 8)); /* a success begins the pauses anew */
	assert_int_equal(t.fetches, 11);
}

static void says_what_happened_and_to_whom(void **state)
{
	static const struct {
		struct fetch_answer answer;
		enum err err;
		const char *say;
		bool unreached;
	} rows[] = {
		{ { .result = FETCH_ADDRESS, .why = S_INIT("loopback") }, ERR_DOCUMENT_ADDRESS,
		    "not public" },
		{ { .result = FETCH_NAME }, ERR_DOCUMENT_UNREACHABLE, "does not resolve", true },
		{ { .result = FETCH_TLS }, ERR_DOCUMENT_UNREACHABLE, "certificate" },
		{ { .result = FETCH_TIME }, ERR_DOCUMENT_UNREACHABLE, "in time", true },
		{ { .result = FETCH_CONNECT }, ERR_DOCUMENT_UNREACHABLE, "nobody answers", true },
		{ { .result = FETCH_HTTP }, ERR_DOCUMENT_UNREACHABLE, "HTTP" },
		{ { .result = FETCH_SIZE }, ERR_DOCUMENT_INVALID, "too large" },
		{ { .result = FETCH_GONE }, ERR_DOCUMENT_UNREACHABLE, "fetcher" },
		{ { .status = 403 }, ERR_DOCUMENT_UNREACHABLE, "status 403, so perhaps a filter" },
		{ { .status = 302 }, ERR_DOCUMENT_UNREACHABLE, "redirects are not followed" },
		{ { .status = 404 }, ERR_DOCUMENT_GONE, "status 404" },
		{ { .status = 200, .body = S_INIT("[1]") }, ERR_DOCUMENT_UNREACHABLE, "no JSON object" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		t.answer = rows[i].answer;
		struct asking *a = ask_as(0, URL, NOW + (int64_t)i * 100);
		str say = a->c.fail.say;
		assert_int_equal(a->err, rows[i].err);
		if (str_find(say, str_of(rows[i].say)) < 0 || str_find(say, S("client.example")) < 0 ||
		    str_has(say, '"') || str_has(say, '='))
			fail_msg("%.*s", FMT(say));
		assert_int_equal(outside_unreached(say), rows[i].unreached);
		/* who comes within the pause hears the same */
		struct asking *b = ask_as(0, URL, NOW + (int64_t)i * 100 + 1);
		assert_int_equal(b->err, rows[i].err);
		assert_true(str_eq(b->c.fail.say, say));
		done(a);
		done(b);
	}
	assert_int_equal(t.fetches, COUNT(rows));
}

static void the_operator_is_told_the_type_of_what_is_no_document(void **state)
{
	static const struct {
		const char *type, *detail;
	} rows[] = {
		{ "text/html", "3 bytes of text/html, which are no JSON object" },
		{ "", "3 bytes of no type, which are no JSON object" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		t.answer =
		    (struct fetch_answer){ .status = 200, .body = S("[1]"), .type = str_of(rows[i].type) };
		struct asking *a = ask_as(0, URL, NOW + (int64_t)i * 100);
		assert_int_equal(a->err, ERR_DOCUMENT_UNREACHABLE);
		assert_true(str_find(a->c.fail.detail, str_of(rows[i].detail)) >= 0);
		done(a);
	}
}

static void CIMDX_09_fetches_so_many_for_one_address_and_no_more(void **state)
{
	char url[64];
	int refused = 0;
	(void)state;

	for (int i = 0; i < 10000; i++) {
		snprintf(url, sizeof url, "https://h%d.example/c.json", i);
		struct asking *a = ask_as(7, url, NOW);
		refused += a->err == ERR_RATE_LIMITED;
		if (a->err == ERR_RATE_LIMITED)
			assert_true(str_eq(a->reply.headers[0].name, S("Retry-After")));
		done(a);
	}
	assert_int_equal(t.fetches, 10);
	assert_int_equal(refused, 9990);
	/* what is in memory costs nothing, and somebody else has a bucket of their own */
	struct asking *a = ask_as(7, "https://h1.example/c.json", NOW),
		      *b = ask_as(8, "https://new.example/c.json", NOW);
	assert_int_equal(a->err, OK);
	assert_int_equal(b->err, OK);
	done(a);
	done(b);
}

static void CIMDX_09_fetches_so_many_of_one_host_and_no_more(void **state)
{
	char url[64];
	int refused = 0;
	(void)state;

	for (int i = 0; i < 200; i++) {
		snprintf(url, sizeof url, "https://Client.example/%d.json", i);
		struct asking *a = ask_as((uint64_t)i + 1, url, NOW);
		refused += a->err == ERR_RATE_LIMITED;
		done(a);
	}
	assert_int_equal(t.fetches, 60);
	assert_int_equal(refused, 140);
}

static void a_limit_never_hides_what_is_kept(void **state)
{
	char url[64];
	(void)state;

	assert_int_equal(fetched(NOW), OK);
	for (int i = 0; i < 10; i++) {
		snprintf(url, sizeof url, "https://h%d.example/c.json", i);
		done(ask_as(7, url, NOW + 600));
	}
	struct asking *a = ask_as(7, URL, NOW + 600);
	assert_int_equal(a->err, OK);
	assert_true(a->doc.stale);
	assert_int_equal(a->reply.header_count, 0);
	done(a);
}

static void two_kinds_of_one_url_are_two_documents(void **state)
{
	struct outside_doc doc;
	(void)state;

	assert_int_equal(fetched(NOW), OK);
	struct asking *a = ask_as(0, URL, NOW);
	assert_int_equal(outside_find(&a->c, OUTSIDE_KEYS, S(URL), true, &doc), ERR_NOT_FOUND);
	assert_int_equal(outside_fetch(&a->c, OUTSIDE_KEYS, S(URL), valid, NULL, &doc), OK);
	assert_int_equal(t.asked.max, 65536);
	done(a);
}

static void a_drop_is_heard_once_a_minute(void **state)
{
	(void)state;
	assert_int_equal(fetched(NOW), OK);
	struct asking *a = ask_as(0, URL, NOW + 59);
	outside_drop(&a->c, OUTSIDE_CLIENT, S(URL));
	assert_int_equal(found(NOW + 59, false), OK);
	a->c.now = NOW + 60;
	outside_drop(&a->c, OUTSIDE_CLIENT, S(URL));
	assert_int_equal(found(NOW + 60, false), ERR_NOT_FOUND);
	assert_int_equal(found(NOW + 60, true), OK); /* while its host is down it still serves */
	done(a);
}

static void *one(void *arg)
{
	struct asking *a = ask_as(0, arg, NOW);
	enum err e = a->err;

	done(a);
	return (void *)(uintptr_t)e;
}

static void many_who_want_one_wait_for_one_fetch(void **state)
{
	static char url[] = URL;
	pthread_t threads[3];
	void *e;
	(void)state;

	t.slow_ms = 200;
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, one, url), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &e), 0);
		assert_int_equal((int)(uintptr_t)e, OK);
	}
	assert_int_equal(t.fetches, 1);
}

static void one_slow_host_does_not_take_all_threads(void **state)
{
	static char urls[6][40];
	pthread_t threads[6];
	int busy = 0;
	void *e;
	(void)state;

	t.slow_ms = 300;
	for (size_t i = 0; i < COUNT(threads); i++) {
		snprintf(urls[i], sizeof urls[i], "https://slow.example/%zu.json", i);
		assert_int_equal(pthread_create(&threads[i], NULL, one, urls[i]), 0);
	}
	for (size_t i = 0; i < COUNT(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &e), 0);
		busy += (int)(uintptr_t)e == ERR_RATE_LIMITED;
	}
	assert_int_equal(busy, 2);
	assert_int_equal(t.fetches, 4);
}

/* --- its memory */

static void memory_has_bounds_and_the_oldest_goes(void **state)
{
	static char body[10240];
	struct keep *k = keep_new();
	struct kept *first = NULL;
	char url[64];
	size_t bytes;
	(void)state;

	for (int i = 0; i < 5000; i++) {
		snprintf(url, sizeof url, "https://h.example/%d", i);
		struct kept *e = keep_get(k, OUTSIDE_CLIENT, str_of(url));
		assert_non_null(e);
		if (i == 0) {
			first = e;
			first->holders++; /* somebody looks at it all the time */
		}
		keep_put(k, e, (str){ body, sizeof body });
		size_t n = keep_count(k, &bytes);
		assert_true(n <= KEEP_GOOD_MAX && bytes <= KEEP_BYTES);
	}
	assert_ptr_equal(keep_find(k, OUTSIDE_CLIENT, S("https://h.example/0")), first);
	assert_null(keep_find(k, OUTSIDE_CLIENT, S("https://h.example/1")));
	assert_non_null(keep_find(k, OUTSIDE_CLIENT, S("https://h.example/4999")));
	assert_int_equal(keep_count(k, &bytes), KEEP_BYTES / sizeof body);
	keep_free(k);
}

static void what_fails_pushes_out_only_its_like(void **state)
{
	struct keep *k = keep_new();
	struct kept *good = keep_get(k, OUTSIDE_CLIENT, S(URL));
	char url[64];
	(void)state;

	keep_put(k, good, S(GOOD));
	for (int i = 0; i < 10000; i++) {
		snprintf(url, sizeof url, "https://h.example/%d", i);
		assert_non_null(keep_get(k, OUTSIDE_CLIENT, str_of(url)));
	}
	assert_ptr_equal(keep_find(k, OUTSIDE_CLIENT, S(URL)), good);
	assert_null(keep_find(k, OUTSIDE_CLIENT, S("https://h.example/9000")));
	assert_non_null(keep_find(k, OUTSIDE_CLIENT, S("https://h.example/9999")));
	/* one that turns bad is one of them */
	keep_put(k, good, (str){ NULL, 0 });
	for (int i = 0; i < KEEP_FAILED_MAX; i++) {
		snprintf(url, sizeof url, "https://h.example/%d", i);
		assert_non_null(keep_get(k, OUTSIDE_CLIENT, str_of(url)));
	}
	assert_null(keep_find(k, OUTSIDE_CLIENT, S(URL)));
	keep_free(k);
}

#define OUTSIDE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTSIDE(is_asked_for_once_while_it_is_fresh),
		OUTSIDE(serves_the_last_good_one_while_its_host_is_down),
		OUTSIDE(takes_its_owners_word_at_once),
		OUTSIDE(keeps_no_error_and_does_not_hammer),
		OUTSIDE(says_what_happened_and_to_whom),
		OUTSIDE(the_operator_is_told_the_type_of_what_is_no_document),
		OUTSIDE(CIMDX_09_fetches_so_many_for_one_address_and_no_more),
		OUTSIDE(CIMDX_09_fetches_so_many_of_one_host_and_no_more),
		OUTSIDE(a_limit_never_hides_what_is_kept),
		OUTSIDE(two_kinds_of_one_url_are_two_documents),
		OUTSIDE(a_drop_is_heard_once_a_minute),
		OUTSIDE(many_who_want_one_wait_for_one_fetch),
		OUTSIDE(one_slow_host_does_not_take_all_threads),
		cmocka_unit_test(memory_has_bounds_and_the_oldest_goes),
		cmocka_unit_test(what_fails_pushes_out_only_its_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
