#include "cmd/config_load.h"

#include "cmd/file.h"
#include "core/config_bind.h"
#include "core/config_table.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_ARENA ((size_t)32 << 20)
#define CONFIG_FILE_MAX ((size_t)1 << 20)

static str env(void *arg, str name)
{
	char z[128];

	(void)arg;
	if (name.n >= sizeof z)
		return (str){ NULL, 0 };
	memcpy(z, name.p, name.n);
	z[name.n] = '\0';
	const char *value = getenv(z);
	return value ? str_of(value) : (str){ NULL, 0 };
}

static bool read_beside(void *arg, struct arena *mem, str from, str path, str *text, str *why)
{
	(void)arg;
	return file_slurp(mem, config_beside(mem, from, path), CONFIG_FILE_MAX, text, why);
}

static bool match(
    void *arg, struct arena *mem, str from, str pattern, const str **paths, size_t *count, str *why)
{
	glob_t g;
	int rc = glob(config_beside(mem, from, pattern).p, GLOB_ERR, NULL, &g);

	(void)arg;
	*count = 0;
	*paths = NULL;
	if (rc == GLOB_NOMATCH)
		return true;
	if (rc != 0) {
		*why = S("cannot be read");
		return false;
	}
	str *out = NEW_ARRAY(mem, str, g.gl_pathc + 1);
	for (size_t i = 0; i < g.gl_pathc; i++)
		out[(*count)++] = arena_copy(mem, str_of(g.gl_pathv[i]));
	globfree(&g);
	*paths = out;
	return true;
}

/* A file that was named must be there; the two usual places may be empty. */
static enum err find_file(const struct cli *cli, struct arena *mem, struct config_input *in, struct buf *why)
{
	static const char *const usual[] = { "gatehouse.yml", "/etc/gatehouse/gatehouse.yml" };
	str named = cli_value(cli, S("--config")), reason;

	if (!named.p)
		named = env(NULL, S("GATEHOUSE_CONFIG"));
	for (size_t i = 0; !named.n && i < COUNT(usual); i++)
		if (access(usual[i], F_OK) == 0)
			named = str_of(usual[i]);
	if (!named.n)
		return OK;
	in->file = arena_copy(mem, named);
	if (file_slurp(mem, in->file, CONFIG_FILE_MAX, &in->text, &reason))
		return OK;
	buf_printf(why, "the configuration file %.*s %.*s.", FMT(in->file), FMT(reason));
	return ERR_PARAM_VALUE;
}

/* Those of the verb's flags that are keys of the configuration. */
static void take_flags(const struct cli *cli, struct arena *mem, struct config_input *in)
{
	struct config_flag *flags = NEW_ARRAY(mem, struct config_flag, CLI_FLAGS_MAX);

	for (size_t i = 0; i < cli->flag_count; i++)
		for (size_t k = 0; k < config_row_count; k++)
			if (config_rows[k].flag.n && str_eq(config_rows[k].flag, cli->flags[i].name))
				flags[in->flag_count++] = (struct config_flag){ config_rows[k].flag,
					arena_copy(mem, cli->flags[i].value) };
	in->flags = flags;
}

enum err config_load(const struct cli *cli, const struct config **out, struct buf *why)
{
	struct arena *mem = arena_new(CONFIG_ARENA);
	struct config *config = NEW(mem, struct config);
	struct config_input in = { .port = { env, read_beside, match, NULL } };
	struct config_problem problem = { 0 };

	enum err e = find_file(cli, mem, &in, why);
	if (e == OK) {
		take_flags(cli, mem, &in);
		e = config_bind(mem, &in, config, &problem);
		buf_put(why, problem.text);
	}
	if (e != OK) {
		arena_unref(mem);
		return e;
	}
	config->accept_new_base_url = cli_has(cli, S("--accept-new-base-url"));
	*out = config;
	return OK;
}

static void release(void *arg)
{
	arena_unref(arg);
}

const struct config *cli_config(const struct cli *cli)
{
	struct buf why = BUF(cli->mem);
	const struct config *config;

	if (config_load(cli, &config, &why) != OK) {
		(void)cli_failed("%.*s", FMT(buf_str(&why)));
		return NULL;
	}
	arena_defer(cli->mem, release, config->mem);
	return config;
}
