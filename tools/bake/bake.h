/*
 * bake: what the build makes C of. Each baker reads a folder and writes NAME_gen.h and NAME_gen.c; what a reader of the
 * folder could overlook is an error of the build, with file and line.
 *
 *   bake sql OUT_DIR sql/           sql.c
 *   bake ui  OUT_DIR ui/            ui.c
 *   bake ops OUT_DIR tables/ops/    ops.c
 *
 * A baker runs for some milliseconds and ends: what it takes from memory it keeps.
 */
#ifndef BAKE_H
#define BAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* The bakers. Each gives the program's exit status; 0 means that both files are there. */
int bake_sql(const char *out_dir, const char *in_dir);
int bake_ui(const char *out_dir, const char *in_dir);
int bake_ops(const char *out_dir, const char *in_dir);

/* ---- mistakes ---- */

/* A place in a file that is read; line 0 means the file as a whole. */
struct where {
	const char *path;
	int line;
};

/* Says what is wrong; the baker reads on, so that one run tells all, and writes nothing in the end. */
void fault(struct where at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* How many there were. */
int fault_count(void);
/* Says what is wrong and ends the program with status 1: there is no way to read on. */
_Noreturn void die(struct where at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- memory: never NULL ---- */

/* realloc, or the end of the program. */
void *grow(void *p, size_t n);
/* n bytes of p, ended with a NUL. */
char *copy(const char *p, size_t n);
/* A text made as printf does. */
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- what is read ---- */

/* The whole of a file with a NUL behind it; size (may be NULL) does not count that. */
char *input_read(const char *path, size_t *size);
/*
 * Calls each for the files of a folder, in the order of their names; paths and names may be kept. With an extension, a
 * file that has another one is a mistake. Hidden files and the backups of editors are passed over.
 */
void folder_each(const char *dir, const char *ext, void (*each)(const char *path, const char *name));

/* ---- what is written ---- */

/* One byte inside a C string literal. */
void put_byte(FILE *f, unsigned char c);
/* A text as a C string literal, with its quotes. */
void put_literal(FILE *f, const char *text);
/* The same of n bytes, with a line of C for each of theirs. */
void put_lines(FILE *f, const char *p, size_t n);
/* A name in capital letters. */
void put_upper(FILE *f, const char *name);

/* A file in the making: f takes its bytes. */
struct made {
	FILE *f;
	char *path, *text;
	size_t n;
};

/* Begins NAME in a folder. m must stay where it is until it is closed. */
void made_open(struct made *m, const char *dir, const char *name);
/* Writes the file, but only if its bytes have changed: what includes it is not compiled again for nothing. */
void made_close(struct made *m);

#endif
