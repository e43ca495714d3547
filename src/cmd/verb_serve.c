#include "app/serve.h"
#include "cmd/config_load.h"
#include "cmd/file.h"
#include "cmd/verbs.h"

/* For SIGHUP and `gatehouse reload`: the same file, environment and flags again. */
static enum err read_again(void *arg, const struct config **out, struct buf *why)
{
	return config_load(arg, out, why);
}

int verb_serve(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	struct serve_hooks hooks = { .read_config = read_again, .arg = cli };
	str why;

	if (!config)
		return CLI_FAILED;
	if (!file_data_dir(cli->mem, config->data_dir, true, &why))
		return cli_failed("%.*s", FMT(why));
	return serve_run(config, &hooks) == OK ? CLI_DONE : CLI_FAILED;
}
