#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/verbs.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The file is looked at here first, so that a mistake is said where it is made; the daemon looks again. */
int verb_reload(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	struct ucred daemon;
	socklen_t size = sizeof daemon;

	if (!config)
		return CLI_FAILED;
	int fd = ask_connect(cli, config);
	if (fd == -2)
		return CLI_FAILED;
	if (fd < 0)
		return cli_failed("no daemon runs on the data directory %.*s.", FMT(config->data_dir));
	int rc = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &daemon, &size);
	close(fd);
	if (rc != 0 || daemon.pid <= 0)
		return cli_failed("the daemon cannot be found: send it SIGHUP.");
	if (kill(daemon.pid, SIGHUP) != 0)
		return cli_failed(
		    "the daemon (process %d) cannot be told: %s.", (int)daemon.pid, strerror(errno));
	cli_say("The daemon (process %d) reads its configuration again.\n", (int)daemon.pid);
	return CLI_DONE;
}
