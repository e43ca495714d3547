#include "store/db_file.h"

#include "store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err refuse(const char *path, const char *what)
{
	enum err e = errno == ENOSPC || errno == EDQUOT ? ERR_STORE_FULL : ERR_STORE;

	return db_fail(NULL, e, "%s: %s: %s", path, what, strerror(errno));
}

/* Root may look at the files of the daemon's user, everybody else only at their own. */
static enum err check_owner(const char *path, const struct stat *st, const char *mode)
{
	if (st->st_mode & 077)
		return db_fail(NULL, ERR_STORE, "%s is open to other users (mode %04o); run: chmod %s '%s'",
		    path, (unsigned)(st->st_mode & 07777), mode, path);
	if (st->st_uid != geteuid() && geteuid() != 0)
		return db_fail(NULL, ERR_STORE, "%s belongs to user %u and this is user %u", path,
		    (unsigned)st->st_uid, (unsigned)geteuid());
	return OK;
}

enum err file_check_dir(struct arena *mem, str path, bool make, const char **out)
{
	struct stat st;

	if (path.n == 0 || path.n >= PATH_MAX || str_has(path, '\0'))
		return db_fail(
		    NULL, ERR_STORE, "this is no path of a file: '%.*s'", FMT(str_sub(path, 0, 100)));
	*out = arena_copy(mem, path).p;

	size_t n = path.n;
	while (n > 0 && path.p[n - 1] != '/')
		n--;
	const char *dir = n > 1 ? arena_copy(mem, str_sub(path, 0, n - 1)).p : n == 1 ? "/" : ".";
	if (make && mkdir(dir, 0700) != 0 && errno != EEXIST)
		return refuse(dir, "the data directory cannot be made");
	if (stat(dir, &st) != 0)
		return refuse(dir, "no data directory");
	if (!S_ISDIR(st.st_mode))
		return db_fail(NULL, ERR_STORE, "%s is not a directory", dir);
	return check_owner(dir, &st, "700");
}

enum err file_check(const char *path, bool make, bool *missing)
{
	struct stat st;

	*missing = false;
	if (make) {
		int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0 && errno != EEXIST)
			return refuse(path, "cannot be made");
		if (fd >= 0)
			(void)close(fd);
	}
	if (stat(path, &st) != 0) {
		*missing = errno == ENOENT;
		return *missing ? OK : refuse(path, "cannot be looked at");
	}
	if (!S_ISREG(st.st_mode))
		return db_fail(NULL, ERR_STORE, "%s is not a file", path);
	return check_owner(path, &st, "600");
}

static enum err read_all(int fd, const char *path, char *to, size_t n)
{
	for (size_t have = 0; have < n;) {
		ssize_t got = read(fd, to + have, n - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return refuse(path, "cannot be read");
		have += (size_t)got;
	}
	return OK;
}

enum err file_read(struct arena *mem, const char *path, size_t max, str *out)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : refuse(path, "cannot be read");
	enum err e =
	    fstat(fd, &st) == 0 ? check_owner(path, &st, "600") : refuse(path, "cannot be looked at");
	size_t n = e == OK ? (size_t)st.st_size : 0;
	if (e == OK && (!S_ISREG(st.st_mode) || n > max))
		e = db_fail(NULL, ERR_STORE, "%s is not a file of at most %zu bytes", path, max);
	if (e == OK) {
		char *p = arena_alloc(mem, n + 1);
		*out = (str){ p, n };
		e = read_all(fd, path, p, n);
	}
	(void)close(fd);
	return e;
}

static enum err write_all(int fd, const char *path, str bytes)
{
	while (bytes.n) {
		ssize_t put = write(fd, bytes.p, bytes.n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return refuse(path, "cannot be written");
		bytes = str_sub(bytes, (size_t)put, bytes.n);
	}
	return fsync(fd) == 0 ? OK : refuse(path, "cannot be written");
}

/* The name must outlive a power cut, too. */
static enum err sync_dir(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n = !slash ? 1 : slash == path ? 1 : (size_t)(slash - path);

	memcpy(dir, slash ? path : ".", n);
	dir[n] = 0;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refuse(dir, "cannot be opened");
	enum err e = fsync(fd) == 0 ? OK : refuse(dir, "cannot be written");
	(void)close(fd);
	return e;
}

/* Written whole under another name; link(2) then gives it its own, and fails when somebody was faster. */
enum err file_make(const char *path, str bytes)
{
	char temp[PATH_MAX];

	if ((size_t)snprintf(temp, sizeof temp, "%s.%ld.new", path, (long)getpid()) >= sizeof temp)
		return db_fail(NULL, ERR_STORE, "%s: the path is too long", path);
	(void)unlink(temp); /* of an earlier process of this number that was killed */
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return refuse(temp, "cannot be made");
	enum err e = write_all(fd, temp, bytes);
	(void)close(fd);
	if (e == OK && link(temp, path) != 0)
		e = errno == EEXIST ? ERR_STORE_CONFLICT : refuse(path, "cannot be made");
	(void)unlink(temp);
	return e == OK ? sync_dir(path) : e;
}
