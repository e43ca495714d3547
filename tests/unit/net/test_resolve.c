/* Names to addresses, with a name server that the test plays. */
#include "base/unit.h"
#include "clock.h"
#include "net/resolve.h"
#include "net/thread.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* --- the name server */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool shut;  /* whoever asks waits */
	bool empty; /* there is no such name */
	int asked;
} server = { .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER };

static void set(bool shut, bool empty)
{
	pthread_mutex_lock(&server.lock);
	server.shut = shut;
	server.empty = empty;
	pthread_cond_broadcast(&server.change);
	pthread_mutex_unlock(&server.lock);
}

static int asked(void)
{
	pthread_mutex_lock(&server.lock);
	int n = server.asked;
	pthread_mutex_unlock(&server.lock);
	return n;
}

/* Until it was asked that often. */
static void wait_asked(int n)
{
	pthread_mutex_lock(&server.lock);
	while (server.asked < n)
		pthread_cond_wait(&server.change, &server.lock);
	pthread_mutex_unlock(&server.lock);
}

struct answer {
	struct addrinfo info;
	struct sockaddr_in at;
};

__attribute__((visibility("default"))) int getaddrinfo(const char *restrict host,
    const char *restrict service, const struct addrinfo *restrict want, struct addrinfo **restrict out)
{
	(void)host, (void)service, (void)want;
	pthread_mutex_lock(&server.lock);
	server.asked++;
	pthread_cond_broadcast(&server.change);
	while (server.shut)
		pthread_cond_wait(&server.change, &server.lock);
	bool empty = server.empty;
	int n = server.asked;
	pthread_mutex_unlock(&server.lock);
	if (empty)
		return EAI_NONAME;
	struct answer *a = calloc(1, sizeof *a);
	assert_non_null(a);
	a->at = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x0a000000U + (unsigned)n) };
	a->info = (struct addrinfo){ .ai_family = AF_INET, .ai_addr = (struct sockaddr *)&a->at };
	*out = &a->info;
	return 0;
}

__attribute__((visibility("default"))) void freeaddrinfo(struct addrinfo *list)
{
	free(list);
}

/* --- the asker: on its loop's thread, which is this one */

static struct loop *loop;
static struct resolver *resolver;
static int answered;

static void done(struct resolve *q)
{
	(void)q;
	answered++;
	loop_stop(loop);
}

static bool ask(struct resolve *q, const char *host)
{
	*q = (struct resolve){ .done = done };
	return resolve_start(resolver, loop, q, str_of(host));
}

static int start(void **state)
{
	(void)state;
	assert_int_equal(loop_new(&loop), OK);
	resolver = resolver_new();
	set(false, false);
	server.asked = answered = 0;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	loop_free(loop);
	resolver_free(resolver);
	return 0;
}

static void addresses_and_localhost_need_no_asking(void **state)
{
	char long_name[300];
	struct resolve q;
	(void)state;

	assert_true(ask(&q, "192.0.2.7"));
	assert_int_equal(q.count, 1);
	assert_true(ask(&q, "2001:db8::1"));
	assert_int_equal(q.found[0].family, ADDR_IPV6);
	assert_true(ask(&q, "LocalHost"));
	assert_int_equal(q.count, 2);
	assert_int_equal(q.found[0].family, ADDR_IPV4); /* the other one is tried behind it */
	assert_int_equal(q.found[1].family, ADDR_IPV6);
	memset(long_name, 'a', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	assert_true(ask(&q, long_name));
	assert_int_equal(q.count, 0);
	assert_int_equal(asked(), 0);
}

static void a_name_is_asked_for_once(void **state)
{
	struct resolve a, b;
	(void)state;

	set(true, false);
	assert_false(ask(&a, "mcp.example"));
	assert_false(ask(&b, "mcp.example"));
	wait_asked(1);
	set(false, false);
	while (answered < 2)
		loop_run(loop);
	assert_int_equal(asked(), 1);
	assert_int_equal(a.count, 1);
	assert_int_equal(b.found[0].ip[3], 1);
	assert_true(ask(&a, "mcp.example")); /* remembered */
	assert_int_equal(a.count, 1);
	assert_int_equal(asked(), 1);
}

static void a_name_that_is_not_is_asked_for_again_soon(void **state)
{
	struct resolve q;
	(void)state;

	set(false, true);
	assert_false(ask(&q, "nowhere.example"));
	loop_run(loop);
	assert_int_equal(q.count, 0);
	assert_true(ask(&q, "nowhere.example")); /* but not at once */
	assert_int_equal(q.count, 0);
	set(false, false);
	clock_skip(2500);
	assert_false(ask(&q, "nowhere.example"));
	loop_run(loop);
	assert_int_equal(q.count, 1);
}

static void a_known_name_serves_on_while_it_is_asked_for_again(void **state)
{
	struct resolve q;
	(void)state;

	assert_false(ask(&q, "old.example"));
	loop_run(loop);
	assert_int_equal(q.found[0].ip[3], 1);
	clock_skip(31000);
	set(true, false);
	assert_true(ask(&q, "old.example"));
	assert_int_equal(q.found[0].ip[3], 1);
	wait_asked(2);
	assert_true(ask(&q, "old.example")); /* asked for only once meanwhile */
	set(false, false);
	while (q.found[0].ip[3] == 1) {
		usleep(1000);
		assert_true(ask(&q, "old.example"));
	}
	assert_int_equal(q.found[0].ip[3], 2);
	assert_int_equal(asked(), 2);
}

static void a_name_server_that_is_down_harms_no_known_name(void **state)
{
	struct resolve q;
	(void)state;

	assert_false(ask(&q, "known.example"));
	loop_run(loop);
	set(false, true);
	clock_skip(31000);
	assert_true(ask(&q, "known.example"));
	wait_asked(2);
	usleep(20000);
	assert_true(ask(&q, "known.example"));
	assert_int_equal(q.count, 1);
	clock_skip(600000); /* but not for ever */
	assert_false(ask(&q, "known.example"));
	loop_run(loop);
	assert_int_equal(q.count, 0);
}

static void a_cancelled_question_is_not_answered(void **state)
{
	struct resolve *q = malloc(sizeof *q), other;
	(void)state;

	set(true, false);
	assert_non_null(q);
	assert_false(ask(q, "slow.example"));
	resolve_cancel(resolver, q);
	resolve_cancel(resolver, q); /* twice is once */
	free(q);
	assert_false(ask(&other, "slow.example"));
	set(false, false);
	loop_run(loop);
	assert_int_equal(answered, 1);
}

static void a_cancelled_question_whose_answer_is_on_its_way_is_not_told(void **state)
{
	struct resolve a, b;
	(void)state;

	assert_false(ask(&a, "one.example"));
	wait_asked(1);
	usleep(20000); /* posted by now, most likely; both orders must be right */
	resolve_cancel(resolver, &a);
	assert_false(ask(&b, "two.example"));
	loop_run(loop);
	assert_int_equal(answered, 1);
	assert_int_equal(b.count, 1);
}

static void an_answer_that_no_loop_takes_any_more_is_given_back(void **state)
{
	struct resolve q;
	(void)state;

	assert_false(ask(&q, "late.example"));
	wait_asked(1);
	usleep(20000);
	resolve_cancel(resolver, &q);
	assert_int_equal(answered, 0);
}

static void the_end_does_not_wait_for_a_name_server(void **state)
{
	struct resolve q;
	(void)state;

	set(true, false);
	assert_false(ask(&q, "dead.example"));
	wait_asked(1);
	resolve_cancel(resolver, &q);
	loop_free(loop);
	resolver_free(resolver); /* comes back at once: the server still says nothing */
	set(false, false);       /* and the thread that asked gives back what is left */
	usleep(50000);
	assert_int_equal(start(NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses_and_localhost_need_no_asking),
		TEST(a_name_is_asked_for_once),
		TEST(a_name_that_is_not_is_asked_for_again_soon),
		TEST(a_known_name_serves_on_while_it_is_asked_for_again),
		TEST(a_name_server_that_is_down_harms_no_known_name),
		TEST(a_cancelled_question_is_not_answered),
		TEST(a_cancelled_question_whose_answer_is_on_its_way_is_not_told),
		TEST(an_answer_that_no_loop_takes_any_more_is_given_back),
		TEST(the_end_does_not_wait_for_a_name_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
