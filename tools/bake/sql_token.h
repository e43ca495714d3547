/* sql_token: the words of a file of SQL. What the two engines would not read alike is refused here. */
#ifndef BAKE_SQL_TOKEN_H
#define BAKE_SQL_TOKEN_H

#include "bake.h"

enum kind { WORD, PARAM, NUMBER, STRING, PUNCT, NOTE, END };

struct token {
	enum kind kind;
	const char *p;
	size_t n;
	struct where where;
	bool gap; /* blanks, line ends or comments stood before it */
};

struct tokens {
	struct token *v;
	size_t n, cap;
};

#define FAULT(t, ...) fault((t)->where, __VA_ARGS__)

/* Is it this word of SQL, or this sign? Letters of both sizes are one. */
bool token_is(const struct token *t, const char *word);
/* Is it this name? Letter for letter. */
bool token_same(const struct token *t, const char *name);
/* The text behind "-- key:" when it is a note that says that, else NULL. */
char *token_note(const struct token *t, const char *key);
/* The token behind the one that closes what t opens. */
struct token *token_past(struct token *t, const struct token *end);
/* The next comma at this depth, or end. */
struct token *token_comma(struct token *t, struct token *end);

/* All of a file; the last one is END. */
struct tokens tokens_read(const char *path);
void tokens_push(struct tokens *ts, struct token t);
/* Text of n tokens, without notes; change (may be NULL) gives another text for a token, or NULL. */
char *tokens_text(
    const struct token *t, size_t n, const char *(*change)(const struct token *, void *), void *arg);

#endif
