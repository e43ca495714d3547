/* Each call that only an intruder makes, made by a process in the sandbox: it dies of it, or is refused. And what goes on. */
#include "base/unit.h"
#include "net/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLY(name)              \
	{                         \
#name, SYS_##name \
	}

static const struct {
	const char *name;
	long nr;
} deadly[] = { DEADLY(execve), DEADLY(execveat), DEADLY(ptrace), DEADLY(process_vm_readv),
	DEADLY(process_vm_writev), DEADLY(pidfd_getfd), DEADLY(kcmp), DEADLY(mount), DEADLY(umount2),
	DEADLY(pivot_root), DEADLY(chroot), DEADLY(move_mount), DEADLY(open_tree), DEADLY(fsopen),
	DEADLY(fsmount), DEADLY(unshare), DEADLY(setns), DEADLY(reboot), DEADLY(kexec_load),
	DEADLY(kexec_file_load), DEADLY(init_module), DEADLY(finit_module), DEADLY(delete_module),
	DEADLY(bpf), DEADLY(perf_event_open), DEADLY(userfaultfd), DEADLY(open_by_handle_at), DEADLY(acct),
	DEADLY(swapon), DEADLY(swapoff), DEADLY(quotactl), DEADLY(setuid), DEADLY(setgid), DEADLY(setreuid),
	DEADLY(setregid), DEADLY(setresuid), DEADLY(setresgid), DEADLY(setgroups) },
  refused[] = { DEADLY(io_uring_setup), DEADLY(io_uring_enter), DEADLY(io_uring_register), DEADLY(keyctl),
	  DEADLY(add_key), DEADLY(request_key), DEADLY(memfd_create), DEADLY(personality) };

static char dir[64];

/* Runs what in a process of its own, inside the sandbox; how it ended. */
static int inside(int (*what)(long arg), long arg)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		str dirs[] = { str_of(dir), S("none"), S("") };
		bool files = sandbox_files(dirs, COUNT(dirs));
		if (!sandbox_calls())
			_exit(99);
		(void)files;
		_exit(what(arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Arguments that no kernel would do anything with, should the sandbox fail. */
static int call(long nr)
{
	return syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L) == -1 && errno == EPERM ? 1 : 2;
}

static void the_deadly(void **state)
{
	for (size_t i = 0; i < COUNT(deadly); i++) {
		int status = inside(call, deadly[i].nr);
		holds(deadly[i].name, WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	}
}

static void the_refused(void **state)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		int status = inside(call, refused[i].nr);
		holds(refused[i].name, WIFEXITED(status) && WEXITSTATUS(status) == 1);
	}
}

static int make_executable(long nr)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return syscall(nr, page, 4096L, (long)(PROT_READ | PROT_EXEC), -1L) == -1 && errno == EPERM ? 1 : 2;
}

static int map_both(long arg)
{
	(void)arg;
	return mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
		errno == EPERM
	    ? 1
	    : 2;
}

static int map_code(long arg)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	(void)arg;

	return fd >= 0 && mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED ? 1 : 2;
}

static void memory(void **state)
{
	static const long protects[] = { SYS_mprotect, SYS_pkey_mprotect };

	for (size_t i = 0; i < COUNT(protects); i++) {
		int status = inside(make_executable, protects[i]);
#ifdef __aarch64__
		holds("written memory does not become code", WIFEXITED(status) && WEXITSTATUS(status) == 1);
#else
		holds(
		    "written memory does not become code", WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
#endif
	}
	int status = inside(map_both, 0);
	holds("no memory is both", WIFEXITED(status) && WEXITSTATUS(status) == 1);
	status = inside(map_code, 0);
	holds("a library can still be mapped", WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static bool landlocked(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static int write_outside(long arg)
{
	char path[80];
	(void)arg;

	snprintf(path, sizeof path, "%s.outside", dir);
	if (open(path, O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES)
		return 2;
	return mkdir(path, 0700) == -1 && errno == EACCES ? 1 : 3;
}

/* What SQLite does to its files, and what the control socket needs. */
static int write_inside(long arg)
{
	char path[80], other[80];
	(void)arg;

	snprintf(path, sizeof path, "%s/store", dir);
	snprintf(other, sizeof other, "%s/store-new", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) != 0)
		return 2;
	return rename(path, other) == 0 && unlink(other) == 0 ? 1 : 3;
}

static int listen_anew(long arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	(void)arg;

	return bind(fd, (struct sockaddr *)&a, sizeof a) == -1 && errno == EACCES ? 1 : 2;
}

static int ask_names(long arg)
{
	struct addrinfo *list = NULL;
	(void)arg;

	return getaddrinfo("localhost", "80", NULL, &list) == 0 ? 1 : 2;
}

static int read_file(long arg)
{
	(void)arg;
	return open("/etc/hosts", O_RDONLY) >= 0 ? 1 : 2;
}

static void files(void **state)
{
	if (!landlocked())
		skip(); /* a kernel without Landlock: serve logs it and goes on; tests/SKIPS does not allow it here */
	same_int("no file is written elsewhere", WEXITSTATUS(inside(write_outside, 0)), 1);
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 4)
		same_int("no new port is listened on", WEXITSTATUS(inside(listen_anew, 0)), 1);
}

static void what_goes_on(void **state)
{
	same_int("files of its own", WEXITSTATUS(inside(write_inside, 0)), 1);
	same_int("names are resolved", WEXITSTATUS(inside(ask_names, 0)), 1);
	same_int("files are read, for a reload", WEXITSTATUS(inside(read_file, 0)), 1);
}

static int set_up(void **state)
{
	snprintf(dir, sizeof dir, "/tmp/gatehouse-sandbox-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_deadly),
		cmocka_unit_test(the_refused),
		cmocka_unit_test(memory),
		cmocka_unit_test(files),
		cmocka_unit_test(what_goes_on),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
