/* cli: the command line taken apart by the table of verbs; what verbs say, and with which exit code. */
#ifndef CMD_CLI_H
#define CMD_CLI_H

#include "base/buf.h"
#include "base/err.h"
#include "core/config.h"

#define CLI_DONE 0
#define CLI_FAILED 1 /* refused or failed */
#define CLI_USAGE 2  /* wrong usage */

#define CLI_FLAGS_MAX 64
#define CLI_WORDS_MAX 8

struct cli_flag {
	str name;  /* "--name" */
	str value; /* what stands behind it, "NAME"; empty: nothing */
	str words;
	bool many; /* may come more than once */
};

struct cli;

struct verb {
	str name, args, words;
	size_t least, most; /* words that are no flags */
	const struct cli_flag *flags;
	size_t flag_count;
	int (*run)(struct cli *cli);
};

/* One call of the program. */
struct cli {
	struct arena *mem;
	const struct verb *verb;
	str words[CLI_WORDS_MAX];
	size_t count;
	struct {
		str name, value;
	} flags[CLI_FLAGS_MAX];
	size_t flag_count;
};

/* Fills the cli from argv behind the verb; CLI_DONE, or CLI_USAGE with a sentence said, or -1 when --help was asked for. */
int cli_parse(struct cli *cli, int argc, char **argv);
/* The value of a flag; p == NULL when it was not given. */
str cli_value(const struct cli *cli, str name);
bool cli_has(const struct cli *cli, str name);

/* Flags that go with every verb. */
extern const struct cli_flag cli_common[];
extern const size_t cli_common_count;

/* One sentence on standard error. failed: CLI_FAILED; wrong: CLI_USAGE, with where to read more. */
int cli_failed(const char *fmt, ...) PRINTF(1, 2);
int cli_wrong(const struct cli *cli, const char *fmt, ...) PRINTF(2, 3);
/* The word is no http or https URL, where one was wanted; CLI_USAGE. */
int cli_not_web(const struct cli *cli, str word);
/* Text on standard output. */
void cli_say(const char *fmt, ...) PRINTF(1, 2);
void cli_put(str s);
/* How a verb is used, on standard output. */
void cli_usage(const struct verb *verb);

#endif
