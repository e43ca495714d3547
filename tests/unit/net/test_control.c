#include "base/unit.h"
#include "net/control.h"
#include "net/inlet.h"
#include "net/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	struct loop *loop;
	struct control *control;
	struct thread thread;
	char dir[64], path[100];
} rig;

struct later {
	struct timer timer; /* first */
	struct control_call *call;
};

static void answer_later(struct timer *t)
{
	struct control_call *call = ((struct later *)(void *)t)->call;
	struct arena *mem = call->mem;

	control_answer(call, S("{\"ok\":true,\"late\":true}"));
	arena_unref(mem);
}

static void asked(struct control_call *call, void *arg)
{
	(void)arg;
	assert_int_equal(call->uid, getuid());
	if (str_eq(call->op, S("later"))) {
		struct later *l = NEW(call->mem, struct later);
		l->call = call;
		l->timer.fire = answer_later;
		(void)arena_ref(call->mem);
		loop_timer(rig.loop, &l->timer, 100);
		return;
	}
	control_answer(call,
	    arena_printf(call->mem, "{\"op\":\"%.*s\",\"args\":%u}", FMT(call->op),
		call->args ? call->args->count : 0));
}

static const struct control_hooks hooks = { asked };

static void run_loop(void *arg)
{
	loop_run(arg);
}

static int start(void **state)
{
	struct buf why = { 0 };
	(void)state;

	snprintf(rig.dir, sizeof rig.dir, "/tmp/control-XXXXXX");
	assert_non_null(mkdtemp(rig.dir));
	snprintf(rig.path, sizeof rig.path, "%s/control.sock", rig.dir);
	assert_int_equal(loop_new(&rig.loop), OK);
	assert_int_equal(control_open(rig.loop, str_of(rig.path), &hooks, NULL, &rig.control, &why), OK);
	rig.thread = (struct thread){ .name = "loop", .run = run_loop, .arg = rig.loop };
	return thread_start(&rig.thread) == OK ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	loop_stop(rig.loop);
	thread_join(&rig.thread);
	control_close(rig.control);
	loop_free(rig.loop);
	assert_int_not_equal(access(rig.path, F_OK), 0);
	return rmdir(rig.dir);
}

static int dial(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(at.sun_path, rig.path, strlen(rig.path));
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

/* Sends text and reads as many lines as are expected. */
static const char *talk(const char *text, int lines)
{
	static char back[65536];
	size_t n = 0;
	int fd = dial(), got = 0;

	assert_int_equal(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	while (got < lines) {
		ssize_t k = recv(fd, back + n, sizeof back - 1 - n, 0);
		assert_true(k > 0);
		for (ssize_t i = 0; i < k; i++)
			got += back[n + (size_t)i] == '\n';
		n += (size_t)k;
	}
	back[n] = '\0';
	close(fd);
	return back;
}

static void answers_lines_in_their_order(void **state)
{
	(void)state;
	assert_string_equal(
	    talk("{\"op\":\"a\",\"args\":{\"x\":1,\"y\":2}}\n{\"op\":\"later\"}\n{\"op\":\"b\"}\n", 3),
	    "{\"op\":\"a\",\"args\":2}\n{\"ok\":true,\"late\":true}\n{\"op\":\"b\",\"args\":0}\n");
}

static void refuses_what_is_no_request(void **state)
{
	(void)state;
	assert_non_null(strstr(talk("nonsense\n", 1), "JSON_SYNTAX"));
	assert_non_null(strstr(talk("{\"args\":{}}\n", 1), "JSON_SYNTAX"));
	assert_non_null(strstr(talk("[]\n{\"op\":\"b\"}\n", 2), "\"op\":\"b\""));
}

static void bears_who_leaves_before_the_answer(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		int fd = dial();
		assert_true(send(fd, "{\"op\":\"later\"}\n", 15, 0) == 15);
		close(fd);
	}
	usleep(300000);
	assert_non_null(strstr(talk("{\"op\":\"b\"}\n", 1), "\"op\":\"b\""));
}

static void is_for_its_owner_only(void **state)
{
	struct stat st;
	(void)state;

	assert_int_equal(stat(rig.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* How a stranger's call ends: 0 when its connection was closed without a word. Runs in a process of its own. */
static int call_of_a_stranger(void)
{
	struct timeval patience = { .tv_sec = 5 };
	char byte;

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 2;
	int fd = dial();
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)send(fd, "{\"op\":\"a\"}\n", 11, MSG_NOSIGNAL);
	ssize_t n = recv(fd, &byte, 1, 0);
	return n == 0 || (n < 0 && errno == ECONNRESET) ? 0 : 1;
}

/* The mode keeps them off already: this is for the day when it does not. */
static void hangs_up_on_strangers(void **state)
{
	int status = -1;
	(void)state;

	if (geteuid() != 0)
		skip(); /* only root can become somebody else: tests/SKIPS */
	assert_int_equal(chmod(rig.dir, 0711), 0);
	assert_int_equal(chmod(rig.path, 0666), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(call_of_a_stranger());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(chmod(rig.path, 0600), 0);
	assert_int_equal(status, 0);
}

static void drops_a_line_that_has_no_end(void **state)
{
	static char run[65536];
	struct timeval patience = { .tv_sec = 5 };
	int fd = dial();
	size_t sent = 0;
	ssize_t n;
	(void)state;

	memset(run, 'x', sizeof run);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	while (sent < CONTROL_LINE_MAX + sizeof run && (n = send(fd, run, sizeof run, MSG_NOSIGNAL)) > 0)
		sent += (size_t)n;
	assert_true(sent >= CONTROL_LINE_MAX);
	n = recv(fd, run, 1, 0);
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
	close(fd);
	assert_non_null(strstr(talk("{\"op\":\"b\"}\n", 1), "\"op\":\"b\""));
}

static void refuses_a_second_daemon_and_replaces_a_dead_one(void **state)
{
	struct buf why = { 0 };
	char path[100];
	int fd;
	(void)state;

	assert_int_equal(inlet_unix(str_of(rig.path), 0600, &fd, &why), ERR_INTERNAL);
	assert_non_null(memmem(why.p, why.n, "another Gatehouse", 17));
	why.n = 0;

	snprintf(path, sizeof path, "%s/dead.sock", rig.dir);
	assert_int_equal(inlet_unix(str_of(path), 0600, &fd, &why), OK);
	close(fd); /* the file stays, as after a kill */
	assert_int_equal(inlet_unix(str_of(path), 0600, &fd, &why), OK);
	close(fd);
	unlink(path);
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_lines_in_their_order),
		cmocka_unit_test(refuses_what_is_no_request),
		cmocka_unit_test(bears_who_leaves_before_the_answer),
		cmocka_unit_test(is_for_its_owner_only),
		cmocka_unit_test(hangs_up_on_strangers),
		cmocka_unit_test(drops_a_line_that_has_no_end),
		cmocka_unit_test(refuses_a_second_daemon_and_replaces_a_dead_one),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
