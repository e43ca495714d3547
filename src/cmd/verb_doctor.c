/* gatehouse doctor: walks an address as a client would (mcp.md 4.1), and says of each step how to mend it. */
#include "base/time.h"
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/doctor.h"
#include "cmd/doctor_judge.h"
#include "cmd/verbs.h"

/* Everything this server has, when no address is named: the first resource stands for the issuer. */
static int walk_all(struct cli *cli, struct doctor *d)
{
	const struct json *all;

	if (!d->config)
		return CLI_FAILED;
	int rc = ask_resources(cli, d->config, &all);
	for (JSON_EACH(r, all))
		doctor_walk(d, json_get_str(r, S("identifier")), json_get_str(r, S("upstream")));
	return rc;
}

int verb_doctor(struct cli *cli)
{
	struct doctor d = { .cli = cli, .now = time_now() };

	d.f = findings_begin(cli);
	if (!cli->count) {
		d.config = cli_config(cli);
		int rc = walk_all(cli, &d);
		return rc == CLI_DONE ? findings_end(&d.f) : rc;
	}
	if (!address_web(cli->words[0]))
		return cli_not_web(cli, cli->words[0]);
	doctor_walk(&d, cli->words[0], S(""));
	return findings_end(&d.f);
}
