/* The launcher: real programs by their numbers, nothing by any other, and ends of all kinds. */
#include "base/unit.h"
#include "net/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const cat[] = { "/bin/cat", NULL };
static const char *const sleeper[] = { "/bin/sleep", "60", NULL };
static const char *const nothing[] = { "/no/such/program", NULL };
static const char *const env[] = { "/usr/bin/env", NULL };
static const char *const words[] = { "/bin/echo", "a; echo b", "$HOME", NULL };
static const char *const own[] = { "ONLY=this", NULL };
static const char *const fds[] = { "/bin/ls", "/proc/self/fd", NULL };

enum { CAT, SLEEPER, NOTHING, ENV, WORDS, FDS };

static const struct launch_command commands[] = {
	[CAT] = { cat },
	[SLEEPER] = { sleeper },
	[NOTHING] = { nothing },
	[ENV] = { env, own },
	[WORDS] = { words },
	[FDS] = { fds },
};

static struct launcher l;

static int set_up(void **state)
{
	same_err("the launcher starts", launcher_start(&l, commands, COUNT(commands)), OK);
	return 0;
}

static int tear_down(void **state)
{
	launcher_stop(&l);
	return 0;
}

static bool ended(const struct launched *run)
{
	struct pollfd p = { .fd = run->process, .events = POLLIN };

	return poll(&p, 1, 5000) == 1;
}

static str output(struct launched *run, char *room, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n < size && (got = read(run->out, room + n, size - n)) > 0)
		n += (size_t)got;
	return (str){ room, n };
}

static void speaks(void **state)
{
	struct launched run;
	char room[64];

	same_err("cat", launcher_run(&l, CAT, &run), OK);
	holds("its input is ours", write(run.in, "hello", 5) == 5);
	close(run.in);
	run.in = -1;
	same("its output comes back", output(&run, room, sizeof room), S("hello"));
	holds("at its end of input it ends", ended(&run));
	launched_end(&run);
}

static void says(size_t index, const char *sentence, const char *want)
{
	struct launched run;
	char room[4096];

	same_err(sentence, launcher_run(&l, index, &run), OK);
	same(sentence, output(&run, room, sizeof room), str_of(want));
	launched_end(&run);
}

static void has_nothing_of_ours(void **state)
{
	says(ENV, "the environment is the command's own", "ONLY=this\n");
	says(WORDS, "no shell reads the words", "a; echo b $HOME\n");
	says(FDS, "descriptors: three, and the directory it reads", "0\n1\n2\n3\n");
}

static void refusals(void **state)
{
	struct launched run;

	same_err("a number beyond the table", launcher_run(&l, COUNT(commands), &run), ERR_NOT_FOUND);
	same_err("a number beyond all", launcher_run(&l, SIZE_MAX, &run), ERR_NOT_FOUND);
	same_err("a program that is not there", launcher_run(&l, NOTHING, &run), ERR_NOT_FOUND);
}

/* Whoever writes to the channel itself gets no further. */
static void broken_packets(void **state)
{
	uint32_t odd[3] = { 1, CAT, 0 }, version[2] = { 2, CAT };
	uint32_t told[2] = { 0, 0 };
	int got[CHILD_FDS_MAX], fd;
	size_t count;

	fd = child_ask(&l.child, odd, sizeof odd);
	holds("too long", packet_take(fd, told, sizeof told, 5000, got, &count) <= 0 && count == 0);
	close(fd);
	fd = child_ask(&l.child, version, sizeof version);
	holds("another version",
	    packet_take(fd, told, sizeof told, 5000, got, &count) == sizeof told && count == 0);
	same_int("is refused", told[1], ERR_NOT_FOUND);
	close(fd);
	fd = child_ask(&l.child, version, 4);
	holds(
	    "too short", packet_take(fd, told, sizeof told, 5000, got, &count) == sizeof told && count == 0);
	same_int("is refused too", told[1], ERR_NOT_FOUND);
	close(fd);
}

static void ends(void **state)
{
	struct launched run, more[64];
	size_t n = 0;

	same_err("a program that sleeps", launcher_run(&l, SLEEPER, &run), OK);
	int kept = fcntl(run.process, F_DUPFD_CLOEXEC, 0);
	launched_end(&run);
	run.process = kept;
	holds("is ended by us", ended(&run));
	close(kept);

	while (n < COUNT(more) && launcher_run(&l, SLEEPER, &more[n]) == OK)
		n++;
	same_int("at most 64 run at once", (int64_t)n, 64);
	same_err("and the next is refused", launcher_run(&l, SLEEPER, &run), ERR_OVERLOADED);
	while (n > 1)
		launched_end(&more[--n]);
	/* The last one shows that the launcher's end is its end. */
	kill(l.child.pid, SIGKILL);
	holds("it ends with the launcher", ended(&more[0]));
	same_err("which then answers nobody", launcher_run(&l, CAT, &run), ERR_INTERNAL);
	launched_end(&more[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speaks),
		cmocka_unit_test(has_nothing_of_ours),
		cmocka_unit_test(refusals),
		cmocka_unit_test(broken_packets),
		cmocka_unit_test(ends),
	};
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
