#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/verbs.h"

/* The file is looked at here first, so that a mistake is said where it is made; the daemon looks again, and may see another one. */
int verb_reload(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	struct answer a;

	if (!config)
		return CLI_FAILED;
	int rc = ask_daemon(cli, config, S("reload"), S("{}"), &a);
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok)
		return ask_refused(&a);
	cli_say("The configuration is taken over.\n");
	if (json_get_true(a.result, S("restart_needed")))
		cli_say("Of what it changed, listen, ops, store, data_dir, limits.loops and whether there is "
			"tls count after a "
			"restart only.\n");
	return CLI_DONE;
}
