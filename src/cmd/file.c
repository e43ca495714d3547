#include "cmd/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct arena *mem, str *why, const char *reason)
{
	*why = arena_copy(mem, str_of(reason));
	return false;
}

static const char *reason_of(int error)
{
	return error == ENOENT ? "is not there"
	    : error == EACCES  ? "may not be read by this user"
			       : strerror(error);
}

bool file_slurp(struct arena *mem, str path, size_t max, str *text, str *why)
{
	int fd = open(arena_copy(mem, path).p, O_RDONLY | O_CLOEXEC);
	char *p = arena_alloc(mem, max + 1);
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return fail(mem, why, reason_of(errno));
	while (n <= max && (got = read(fd, p + n, max + 1 - n)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int error = errno;
			close(fd);
			return fail(mem, why, error == EISDIR ? "is a directory" : reason_of(error));
		}
		n += (size_t)got;
	}
	close(fd);
	if (n > max)
		return fail(mem, why, "is too large");
	*text = (str){ p, n };
	return true;
}

/* One entry of the directory: what others may read or write is refused. */
static bool check_entry(struct arena *mem, str dir, const char *name, str *why)
{
	str path = arena_printf(mem, "%.*s/%s", FMT(dir), name);
	struct stat st;

	if (lstat(path.p, &st) != 0 || S_ISDIR(st.st_mode) || !(st.st_mode & 077))
		return true;
	*why = arena_printf(mem,
	    "%.*s can be read by others (mode %04o, must be 0600); chmod 600 %.*s, and think about who has "
	    "read it.",
	    FMT(path), (unsigned)st.st_mode & 07777, FMT(path));
	return false;
}

static bool check_entries(struct arena *mem, str dir, str *why)
{
	DIR *d = opendir(arena_copy(mem, dir).p);
	struct dirent *e;
	bool fine = true;

	if (!d)
		return fail(mem, why,
		    arena_printf(
			mem, "the data directory %.*s cannot be read: %s.", FMT(dir), strerror(errno))
			.p);
	while (fine && (e = readdir(d)))
		fine = check_entry(mem, dir, e->d_name, why);
	closedir(d);
	return fine;
}

bool file_data_dir(struct arena *mem, str dir, bool make, str *why)
{
	const char *path = arena_copy(mem, dir).p;
	struct stat st;

	if (str_eq(dir, S("none")))
		return true;
	if (make && mkdir(path, 0700) != 0 && errno != EEXIST) {
		*why = arena_printf(mem,
		    "the data directory %s cannot be made: %s; make it, or name another one in data_dir.",
		    path, strerror(errno));
		return false;
	}
	if (stat(path, &st) != 0) {
		*why =
		    arena_printf(mem, "the data directory %s %s; gatehouse serve or gatehouse init makes it.",
			path, reason_of(errno));
		return false;
	}
	if (!S_ISDIR(st.st_mode)) {
		*why = arena_printf(mem, "the data directory %s is not a directory.", path);
		return false;
	}
	if (st.st_uid != geteuid()) {
		*why = arena_printf(mem,
		    "the data directory %s belongs to another user (uid %u); run as that user, or chown it.",
		    path, (unsigned)st.st_uid);
		return false;
	}
	if (st.st_mode & 077) {
		*why = arena_printf(mem,
		    "the data directory %s is open to others (mode %04o, must be 0700); chmod 700 %s.", path,
		    (unsigned)st.st_mode & 07777, path);
		return false;
	}
	if (access(path, W_OK | X_OK) != 0) {
		*why =
		    arena_printf(mem, "the data directory %s cannot be written: %s.", path, strerror(errno));
		return false;
	}
	return check_entries(mem, dir, why);
}

int file_mode(struct arena *mem, str path)
{
	struct stat st;

	return stat(arena_copy(mem, path).p, &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

str file_stdin_line(struct arena *mem, size_t max)
{
	char *p = arena_alloc(mem, max + 2);

	if (!fgets(p, (int)(max + 2), stdin))
		return (str){ NULL, 0 };
	size_t n = strcspn(p, "\n");
	if (n > 0 && p[n - 1] == '\r')
		n--;
	return (str){ p, n };
}
