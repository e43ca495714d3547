#include "net/recorder_file.h"
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_MAX 2097152 /* bytes of recorder.log before it becomes recorder.log.1 */

static struct {
	char dir[4000];
	int fd;
	off_t size;
} file = { .fd = -1 };

static void path_of(char out[4096], int segment)
{
	snprintf(out, 4096, "%s/recorder.log%s", file.dir, segment ? ".1" : "");
}

static void read_segment(int segment, void (*take)(const struct entry *e))
{
	char path[4096];
	struct entry made;
	struct stat st;

	path_of(path, segment);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	char *all = NULL;
	ssize_t n = -1;
	if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= SEGMENT_MAX * 2 &&
	    (all = malloc((size_t)st.st_size)))
		n = read(fd, all, (size_t)st.st_size);
	close(fd);
	str rest = { all, n > 0 ? (size_t)n : 0 }, line;
	while (rest.n) {
		(void)str_cut(rest, '\n', &line, &rest);
		struct arena *mem = arena_new(65536);
		if (entry_read(mem, line, &made))
			take(&made);
		arena_unref(mem);
	}
	free(all);
}

void recorder_file_open(void)
{
	char path[4096];
	struct stat st;

	if (!file.dir[0])
		return;
	path_of(path, 0);
	file.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	file.size = file.fd >= 0 && fstat(file.fd, &st) == 0 ? st.st_size : 0;
	if (file.fd < 0)
		log_warn("the recorder's file cannot be written; refusals are kept in memory only",
		    LOG_STRZ("file", path));
}

static void turn_over(void)
{
	char now[4096], before[4096];

	path_of(now, 0);
	path_of(before, 1);
	close(file.fd);
	(void)rename(now, before);
	recorder_file_open();
}

void recorder_file_read(str dir, void (*take)(const struct entry *e))
{
	file.dir[0] = '\0';
	if (dir.n == 0 || dir.n >= sizeof file.dir || str_eq(dir, S("none")))
		return;
	memcpy(file.dir, dir.p, dir.n);
	file.dir[dir.n] = '\0';
	read_segment(1, take);
	read_segment(0, take);
}

bool recorder_file_on(void)
{
	return file.fd >= 0;
}

void recorder_file_write(str lines)
{
	ssize_t n = write(file.fd, lines.p, lines.n);

	file.size += n > 0 ? n : 0;
	if (file.size > SEGMENT_MAX)
		turn_over();
}

void recorder_file_close(void)
{
	if (file.fd >= 0)
		close(file.fd);
	file.fd = -1;
}
