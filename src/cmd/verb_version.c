#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/local.h"
#include "cmd/verbs.h"
#include "version_gen.h"

#include <unistd.h>

/* The address that the daemon serves: it may have been started with flags that this verb was not. */
static void say_socket(struct cli *cli, const struct config *config, str socket)
{
	int fd = ask_connect(cli, config);
	struct answer a;

	if (fd < 0) {
		cli_say("socket         %.*s (no daemon answers)\n", FMT(socket.n ? socket : S("none")));
		cli_say("address        %.*s\n", FMT(config->base_url));
		return;
	}
	close(fd);
	cli_say("socket         %.*s (a daemon answers)\n", FMT(socket));
	if (ask_op(cli, config, S("get_me"), S("{}"), &a) != CLI_DONE || !a.ok)
		return;
	const struct json *accounts = json_get(a.result, S("accounts"));
	const struct json *tenants = accounts ? json_get(accounts->first, S("tenants")) : NULL;
	if (tenants && tenants->first)
		cli_say("serving        %.*s\n", FMT(json_get_str(tenants->first, S("host"))));
}

int verb_version(struct cli *cli)
{
	cli_say("gatehouse %s\n", GATEHOUSE_VERSION);
	if (!cli_has(cli, S("-v")))
		return CLI_DONE;

	const struct config *config = cli_config(cli);
	if (!config)
		return CLI_FAILED;
	str socket = ask_socket(cli->mem, config), store = local_store_words(cli->mem, config);
	cli_say("configuration  %.*s\n", FMT(config->file.n ? config->file : S("none: all defaults")));
	cli_say("data           %.*s\n", FMT(config->data_dir));
	cli_say("store          %.*s\n", FMT(store));
	say_socket(cli, config, socket);
	return CLI_DONE;
}
