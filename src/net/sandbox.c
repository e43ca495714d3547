#include "net/sandbox.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

/* Newer than the headers of the oldest system that we are built on. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP (1ULL << 0) /* ABI 4 */
#endif

/* The kernel's struct landlock_ruleset_attr of ABI 4, which knows the network. */
struct ruleset_attr {
	uint64_t files, net;
};

/* What changes the file system or starts a program; reading stays free, since a reload may name any file. */
#define WRITES                                                                                            \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |    \
	    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
	    LANDLOCK_ACCESS_FS_MAKE_SYM)
/* What a store and a socket need below their directory. */
#define OWN                                                                                             \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	    LANDLOCK_ACCESS_FS_MAKE_SOCK)

static void allow(int ruleset, str dir, uint64_t own)
{
	char path[4096];

	if (dir.n == 0 || dir.n >= sizeof path || str_eq(dir, S("none")))
		return;
	memcpy(path, dir.p, dir.n);
	path[dir.n] = '\0';
	struct landlock_path_beneath_attr rule = { .allowed_access = own,
		.parent_fd = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY) };
	if (rule.parent_fd < 0)
		return;
	(void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

bool sandbox_files(const str *dirs, size_t count)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t cut = abi >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0;
	struct ruleset_attr attr = { .files = WRITES | LANDLOCK_ACCESS_FS_EXECUTE | cut,
		/* All that listens does so by now. */
		.net = LANDLOCK_ACCESS_NET_BIND_TCP };

	if (abi < 1 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return false;
	int ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, abi >= 4 ? sizeof attr : sizeof attr.files, 0);
	if (ruleset < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		allow(ruleset, dirs[i], OWN | cut);
	bool ok = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return ok;
}

#ifdef ARCH

/* Nothing of ours, of the store's drivers or of the C library makes these calls; whoever makes one has got in. */
static const int deadly[] = { SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
	SYS_process_vm_writev, SYS_pidfd_getfd, SYS_kcmp, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
	SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_fsmount, SYS_unshare, SYS_setns, SYS_reboot,
	SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_bpf,
	SYS_perf_event_open, SYS_userfaultfd, SYS_open_by_handle_at, SYS_acct, SYS_swapon, SYS_swapoff,
	SYS_quotactl, SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid,
	SYS_setgroups };
/*
 * These are as little wanted, but a library may try one and do without: libuv asks for io_uring from 1.45 on, Kerberos
 * under libpq for the keyring, libffi under its other relatives for memory files.
 */
static const int refused[] = { SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_keyctl,
	SYS_add_key, SYS_request_key, SYS_memfd_create, SYS_personality };

#define DIE SECCOMP_RET_KILL_PROCESS
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)
#ifdef __aarch64__
/* Its loader makes pages of code executable a second time, to mark them (BTI), and goes on when it may not. */
#define MADE_EXECUTABLE REFUSE
#else
#define MADE_EXECUTABLE DIE
#endif

struct filter {
	struct sock_filter code[160];
	unsigned short n;
};

static void emit(struct filter *f, unsigned short code, uint32_t k, unsigned char yes, unsigned char no)
{
	if (f->n < COUNT(f->code))
		f->code[f->n++] = (struct sock_filter){ code, yes, no, k };
}

static void verdict(struct filter *f, uint32_t v)
{
	emit(f, BPF_RET | BPF_K, v, 0, 0);
}

static void call_is(struct filter *f, int nr, uint32_t v)
{
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1);
	verdict(f, v);
}

/* The call nr, when all these bits of its third argument, a protection, are set. Both our architectures begin a word low. */
static void protection_is(struct filter *f, int nr, uint32_t bits, uint32_t v)
{
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 5);
	emit(f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]), 0, 0);
	emit(f, BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
	emit(f, BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1);
	verdict(f, v);
	verdict(f, SECCOMP_RET_ALLOW);
}

bool sandbox_calls(void)
{
	struct filter f = { .n = 0 };

	/* Another architecture's numbers mean other calls. */
	emit(&f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	emit(&f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	verdict(&f, DIE);
	emit(&f, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	/* So do those of x32, which come with this bit. */
	emit(&f, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
	verdict(&f, DIE);
	for (size_t i = 0; i < COUNT(deadly); i++)
		call_is(&f, deadly[i], DIE);
	for (size_t i = 0; i < COUNT(refused); i++)
		call_is(&f, refused[i], REFUSE);
	/* Memory is written or run, never both. What is loaded later, as for names, is mapped from files, unwritable. */
	protection_is(&f, SYS_mprotect, PROT_EXEC, MADE_EXECUTABLE);
	protection_is(&f, SYS_pkey_mprotect, PROT_EXEC, MADE_EXECUTABLE);
	protection_is(&f, SYS_mmap, PROT_WRITE | PROT_EXEC, REFUSE);
	verdict(&f, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { f.n, f.code };
	return f.n < COUNT(f.code) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0;
}

#else

bool sandbox_calls(void)
{
	return false;
}

#endif

void sandbox_enter(const str *dirs, size_t count)
{
#ifdef __SANITIZE_ADDRESS__
	(void)dirs, (void)count;
#else
	bool files = sandbox_files(dirs, count), calls = sandbox_calls();

	if (!files || !calls)
		log_info("sandbox", LOG_STRZ("landlock", files ? "on" : "not there"),
		    LOG_STRZ("seccomp", calls ? "on" : "not there"));
#endif
}
