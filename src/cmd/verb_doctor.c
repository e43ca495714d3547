/* gatehouse doctor: walks an address as a client would (mcp.md 4.1), and says of each step how to mend it. */
#include "base/time.h"
#include "base/url.h"
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/doctor.h"
#include "cmd/verbs.h"

/* Everything this server has, when no address is named: the first resource stands for the issuer. */
static int walk_all(struct cli *cli, struct doctor *d)
{
	struct answer a;

	if (!d->config)
		return CLI_FAILED;
	int rc = ask_op(cli, d->config, S("list_resources"), S("{}"), &a);
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok)
		return ask_refused(&a);
	for (JSON_EACH(r, json_get(a.result, S("resources"))))
		doctor_walk(d, json_get_str(r, S("identifier")), json_get_str(r, S("upstream")));
	return CLI_DONE;
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
	doctor_walk(&d, cli->words[0], S(""));
	return findings_end(&d.f);
}
