/*
 * script: what a connection of the load generator does over and over. One line a word:
 *
 *   step POST /token                          begins a request
 *   header Content-Type: application/json
 *   body grant_type=refresh_token&refresh_token={{rt|u}}
 *   expect 200                                the statuses that are right
 *   must "access_token"                       what only the right body has
 *   take rt json refresh_token                variable rt = that member of the body
 *   take code location code                   variable code = that parameter of the Location header
 *
 * {{x}} is a variable, {{x|u}} the same percent-encoded. Variables begin with a row of the rows file: a line of names, then
 * a line of values for each connection, separated by tabs. One variable may come from a stock instead: a line with its name,
 * then values of which each is used once, by whatever connection comes first (proofs that a server takes once). Faults end the program: a script is written by bench/run.
 */
#ifndef BENCH_SCRIPT_H
#define BENCH_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum { VARS = 16, STEPS = 4, HEADERS = 8, TAKES = 4, EXPECTS = 4 };

struct piece {
	char *text;
	size_t len;
	int var; /* -1: it is text */
	bool encode;
};

struct text {
	struct piece *pieces;
	int count;
};

struct take {
	int var;
	bool location; /* else from the JSON body */
	char *key;
};

struct step {
	char *method;
	struct text path, body, headers[HEADERS];
	int header_count;
	bool has_body;
	int expects[EXPECTS], expect_count;
	char *must;
	struct take takes[TAKES];
	int take_count;
};

struct script {
	struct step steps[STEPS];
	int count;
	char *vars[VARS];
	int var_count;
	char ***rows;
	size_t row_count;
	int columns[VARS], column_count;
	int stock_var; /* -1: there is no stock */
	char **stock;
	size_t stock_count, stock_used;
	bool chain; /* the first step sends what it takes: a connection that fails has lost its place */
};

void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Out of memory ends the program. */
void *grow(void *p, size_t n);

void script_load(struct script *s, const char *path);
void stock_load(struct script *s, const char *path);
void rows_load(struct script *s, const char *path);

#endif
