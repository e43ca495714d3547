#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/show.h"
#include "cmd/verbs.h"

static void say(struct cli *cli, const struct json *r)
{
	static const struct {
		str member;
		const char *label;
	} rows[] = {
		{ S_INIT("request"), "request" },
		{ S_INIT("client"), "client" },
		{ S_INIT("from"), "from" },
		{ S_INIT("arrived"), "arrived" },
		{ S_INIT("expected"), "expected" },
		{ S_INIT("rule"), "rule" },
		{ S_INIT("mend"), "to mend it" },
		{ S_INIT("place"), "place" },
	};
	int64_t status = 0;

	(void)json_get_int(r, S("status"), &status);
	cli_say("%.*s  %.*s  %.*s", FMT(json_get_str(r, S("id"))), FMT(json_get_str(r, S("at"))),
	    FMT(json_get_str(r, S("reason"))));
	if (status)
		cli_say(" (%lld)", (long long)status);
	cli_say("\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct json *v = json_get(r, rows[i].member);
		if (!v || !v->text.n)
			continue;
		str value = show_value(cli->mem, v);
		cli_say("  %-11s %.*s\n", rows[i].label, FMT(value));
	}
}

int verb_why(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	struct buf b = BUF(cli->mem);
	struct jout j = JOUT(&b);
	struct answer a;
	bool more = false;

	if (!config)
		return CLI_FAILED;
	jout_object(&j, S(""));
	if (cli->count)
		jout_str(&j, S("id"), cli->words[0]);
	jout_end(&j);
	int rc = ask_op(cli, config, S("why"), buf_str(&b), &a);
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok && cli->count)
		return cli_failed("there is no refusal with the id `%.*s`; the newest 4096 are kept, "
				  "`gatehouse why` lists the last of them.",
		    FMT(str_sub(cli->words[0], 0, 64)));
	if (!a.ok)
		return ask_refused(&a);
	if (cli_has(cli, S("--json"))) {
		cli_say("%.*s\n", FMT(a.text));
		return CLI_DONE;
	}
	for (JSON_EACH(r, json_get(a.result, S("refusals")))) {
		cli_say("%s", more ? "\n" : "");
		say(cli, r);
		more = true;
	}
	if (!more)
		cli_say("Nothing was refused so far.\n");
	return CLI_DONE;
}
