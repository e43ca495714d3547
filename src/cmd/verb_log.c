/* gatehouse log: pages through list_audit_events until there is no more. */
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/show.h"
#include "cmd/verbs.h"

#define PAGE 1000

/* An id of a person out of an id or an e-mail address. */
static int find_user(struct cli *cli, const struct config *config, str who, str *id)
{
	struct buf b = BUF(cli->mem);
	struct jout j = JOUT(&b);
	struct answer a;

	*id = who;
	if (!str_has(who, '@'))
		return CLI_DONE;
	jout_object(&j, S(""));
	jout_str(&j, S("search"), who);
	jout_end(&j);
	int rc = ask_op(cli, config, S("list_users"), buf_str(&b), &a);
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok)
		return ask_refused(&a);
	for (JSON_EACH(u, json_get(a.result, S("users")))) {
		if (str_ieq(json_get_str(u, S("email")), who)) {
			*id = json_get_str(u, S("id"));
			return CLI_DONE;
		}
	}
	return cli_failed("there is nobody with the address %.*s here.", FMT(who));
}

static void write_args(struct cli *cli, str user, str after, struct buf *b)
{
	static const struct {
		str flag, argument;
	} rows[] = { { S_INIT("--since"), S_INIT("since") }, { S_INIT("--event"), S_INIT("event") },
		{ S_INIT("--client"), S_INIT("client_id") } };
	struct jout j = JOUT(b);

	jout_object(&j, S(""));
	for (size_t i = 0; i < COUNT(rows); i++)
		if (cli_has(cli, rows[i].flag))
			jout_str(&j, rows[i].argument, cli_value(cli, rows[i].flag));
	jout_str_opt(&j, S("user_id"), user);
	jout_str_opt(&j, S("after"), after);
	jout_int(&j, S("limit"), PAGE);
	jout_end(&j);
}

static void say(struct cli *cli, const struct json *e)
{
	str detail = show_value(cli->mem, json_get(e, S("detail")));

	cli_say("%.*s  %-22.*s  %-24.*s", FMT(json_get_str(e, S("at"))), FMT(json_get_str(e, S("event"))),
	    FMT(json_get_str(e, S("actor"))));
	if (json_get_str(e, S("ip")).n)
		cli_say("  %.*s", FMT(json_get_str(e, S("ip"))));
	if (json_get_str(e, S("client_id")).n)
		cli_say("  client %.*s", FMT(str_sub(json_get_str(e, S("client_id")), 0, 40)));
	if (detail.n > 2)
		cli_say("  %.*s", FMT(detail));
	cli_say("\n");
}

static void say_json(struct cli *cli, const struct json *e)
{
	struct buf b = BUF(cli->mem);
	struct jout j = JOUT(&b);

	jout_json(&j, S(""), e);
	cli_say("%.*s\n", FMT(buf_str(&b)));
}

int verb_log(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	str user = S(""), after = S("");
	bool more = true;

	if (!config)
		return CLI_FAILED;
	int rc =
	    cli_has(cli, S("--user")) ? find_user(cli, config, cli_value(cli, S("--user")), &user) : CLI_DONE;
	while (rc == CLI_DONE && more) {
		/* A page is freed before the next one: a year's trail does not fit in memory. */
		struct cli page = *cli;
		struct answer a;
		page.mem = arena_new((size_t)64 << 20);
		struct buf b = BUF(page.mem);
		write_args(cli, user, after, &b);
		rc = ask_op(&page, config, S("list_audit_events"), buf_str(&b), &a);
		if (rc == CLI_DONE && !a.ok)
			rc = ask_refused(&a);
		for (JSON_EACH(e, rc == CLI_DONE ? json_get(a.result, S("events")) : NULL))
			(cli_has(cli, S("--json")) ? say_json : say)(&page, e);
		after = rc == CLI_DONE ? arena_copy(cli->mem, json_get_str(a.result, S("next"))) : S("");
		more = after.n > 0;
		arena_unref(page.mem);
	}
	return rc;
}
