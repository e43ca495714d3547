#include "bake.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int faults;

static void say(struct where at, const char *fmt, va_list ap)
{
	if (at.line)
		fprintf(stderr, "%s:%d: ", at.path, at.line);
	else
		fprintf(stderr, "%s: ", at.path);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	faults++;
}

void fault(struct where at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(at, fmt, ap);
	va_end(ap);
}

int fault_count(void)
{
	return faults;
}

_Noreturn void die(struct where at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(at, fmt, ap);
	va_end(ap);
	_exit(1); /* nothing is on its way to a file, and nobody asks what was not given back */
}

void *grow(void *p, size_t n)
{
	p = realloc(p, n);
	if (!p)
		abort();
	return p;
}

char *copy(const char *p, size_t n)
{
	char *z = grow(NULL, n + 1);

	memcpy(z, p, n);
	z[n] = 0;
	return z;
}

char *format(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	return text;
}

char *input_read(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	size_t n = 0, got;

	if (!f)
		die((struct where){ path, 0 }, "%s", strerror(errno));
	do {
		text = grow(text, n + 65537);
		got = fread(text + n, 1, 65536, f);
		n += got;
	} while (got == 65536);
	if (ferror(f))
		die((struct where){ path, 0 }, "cannot be read whole");
	fclose(f);
	text[n] = 0;
	if (size)
		*size = n;
	return text;
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.' && e->d_name[strlen(e->d_name) - 1] != '~';
}

void folder_each(const char *dir, const char *ext, void (*each)(const char *path, const char *name))
{
	struct dirent **list;
	int n = scandir(dir, &list, visible, alphasort);

	if (n < 0)
		die((struct where){ dir, 0 }, "%s", strerror(errno));
	for (int i = 0; i < n; i++) {
		const char *name = copy(list[i]->d_name, strlen(list[i]->d_name)), *dot = strrchr(name, '.');
		if (ext && (!dot || strcmp(dot + 1, ext) != 0))
			die((struct where){ dir, 0 }, "%s: only .%s files belong here", name, ext);
		each(format("%s/%s", dir, name), name);
		free(list[i]);
	}
	free(list);
}

/* Octal escapes have three digits, so that no digit behind them is taken in. */
void put_byte(FILE *f, unsigned char c)
{
	if (c == '"' || c == '\\')
		fprintf(f, "\\%c", c);
	else if (c == '\n')
		fputs("\\n", f);
	else if (c < 0x20 || c > 0x7e)
		fprintf(f, "\\%03o", c);
	else
		fputc(c, f);
}

void put_literal(FILE *f, const char *text)
{
	fputc('"', f);
	for (; *text; text++)
		put_byte(f, (unsigned char)*text);
	fputc('"', f);
}

void put_lines(FILE *f, const char *p, size_t n)
{
	fputc('"', f);
	for (size_t i = 0; i < n; i++) {
		put_byte(f, (unsigned char)p[i]);
		if (p[i] == '\n' && i + 1 < n)
			fputs("\"\n\t    \"", f);
	}
	fputc('"', f);
}

void put_upper(FILE *f, const char *name)
{
	for (; *name; name++)
		fputc(toupper((unsigned char)*name), f);
}

void made_open(struct made *m, const char *dir, const char *name)
{
	*m = (struct made){ .path = format("%s/%s", dir, name) };
	m->f = open_memstream(&m->text, &m->n);
	if (!m->f)
		abort();
}

void made_close(struct made *m)
{
	size_t n;

	if (ferror(m->f) || fclose(m->f) != 0)
		abort();
	if (access(m->path, F_OK) == 0) {
		const char *old = input_read(m->path, &n);
		if (n == m->n && memcmp(old, m->text, n) == 0)
			return;
	}
	FILE *f = fopen(m->path, "wb");
	if (!f || fwrite(m->text, 1, m->n, f) != m->n || fclose(f) != 0)
		die((struct where){ m->path, 0 }, "%s", strerror(errno));
}
