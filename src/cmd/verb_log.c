/*
 * gatehouse log: what the store keeps (pages of list_audit_events until there is no more) and what the files of this node
 * keep (net/journal.h), by time.
 */
#include "base/id.h"
#include "cmd/ask.h"
#include "cmd/config_load.h"
#include "cmd/log_journal.h"
#include "cmd/show.h"
#include "cmd/verbs.h"

#define PAGE 1000
#define ID_EVENT "event_"

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

static void say_row(struct cli *cli, const struct json *e)
{
	(cli_has(cli, S("--json")) ? say_json : say)(cli, e);
}

/* The journal's rows from before an event of the store, or all that are left. */
static void say_journal(struct cli *cli, struct log_journal *j, int64_t before_ms)
{
	for (bool more = true; more;) {
		struct cli one = *cli;
		one.mem = arena_new((size_t)1 << 20);
		const struct json *e = log_journal_next(j, one.mem, before_ms);
		more = e != NULL;
		if (e)
			say_row(&one, e);
		arena_unref(one.mem);
	}
}

/* The time of an event to the millisecond, which its id has. */
static int64_t ms_of(const struct json *e)
{
	int64_t id;

	return id_parse(json_get_str(e, S("id")), ID_EVENT, &id) == OK ? id_ms(id) : 0;
}

/* One page of the store's events, with what of the journal stands between them. */
static int say_page(struct cli *cli, const struct config *config, struct log_journal *j, str user, str *after)
{
	struct buf b = BUF(cli->mem);
	struct answer a;

	write_args(cli, user, *after, &b);
	int rc = ask_op(cli, config, S("list_audit_events"), buf_str(&b), &a);
	if (rc != CLI_DONE)
		return rc;
	if (!a.ok)
		return ask_refused(&a);
	for (JSON_EACH(e, json_get(a.result, S("events")))) {
		say_journal(cli, j, ms_of(e));
		say_row(cli, e);
	}
	*after = json_get_str(a.result, S("next"));
	return CLI_DONE;
}

int verb_log(struct cli *cli)
{
	const struct config *config = cli_config(cli);
	struct log_journal j;
	str user = S(""), after = S("");
	bool more = true;

	if (!config)
		return CLI_FAILED;
	int rc =
	    cli_has(cli, S("--user")) ? find_user(cli, config, cli_value(cli, S("--user")), &user) : CLI_DONE;
	if (rc != CLI_DONE)
		return rc;
	log_journal_open(&j, cli->mem, config, cli_value(cli, S("--since")), cli_value(cli, S("--event")),
	    user, cli_value(cli, S("--client")));
	while (rc == CLI_DONE && more) {
		/* A page is freed before the next one: a year's trail does not fit in memory. */
		struct cli page = *cli;
		page.mem = arena_new((size_t)64 << 20);
		rc = say_page(&page, config, &j, user, &after);
		after = arena_copy(cli->mem, rc == CLI_DONE ? after : S(""));
		more = after.n > 0;
		arena_unref(page.mem);
	}
	if (rc == CLI_DONE)
		say_journal(cli, &j, INT64_MAX);
	if (rc == CLI_DONE && j.cut)
		(void)cli_failed(
		    "calls and refusals: only the newest %zu of this span are here; ask for a shorter one.",
		    j.count);
	return rc;
}
