#include "cmd/log_journal.h"

#include "base/time.h"
#include "net/journal.h"

#define DAY 86400 /* as the operation has it */

static int64_t begin_of(str since)
{
	int64_t at;

	if (!since.n)
		return time_now() - DAY;
	if (time_duration_parse(since, &at) == OK)
		return time_now() - at;
	return time_rfc3339_parse(since, &at) == OK ? at : 0; /* the operation has refused anything else */
}

void log_journal_open(struct log_journal *j, struct arena *mem, const struct config *config, str since,
    str event, str user, str client)
{
	struct journal_filter want = {
		.since = begin_of(since), .event = event, .user = user, .client = client
	};

	*j = (struct log_journal){ 0 };
	j->count = journal_find(mem, config->data_dir, &want, &j->rows, &j->cut);
}

static void write_detail(struct jout *j, const struct json *row)
{
	static const str members[] = { S_INIT("id"), S_INIT("reason"), S_INIT("method"), S_INIT("path"),
		S_INIT("tool"), S_INIT("status"), S_INIT("ms"), S_INIT("up"), S_INIT("down") };

	jout_object(j, S("detail"));
	for (size_t i = 0; i < COUNT(members); i++) {
		const struct json *v = json_get(row, members[i]);
		if (v) /* the number of a refusal is called after the verb that takes it */
			jout_json(j, i == 0 ? S("why") : members[i], v);
	}
	jout_end(j);
}

static void write_or_null(struct jout *j, str key, str value)
{
	if (value.n)
		jout_str(j, key, value);
	else
		jout_null(j, key);
}

static const struct json *as_event(struct arena *mem, str line)
{
	struct buf b = BUF(mem);
	struct jout j = JOUT(&b);
	const struct json *row, *event;

	if (json_parse(mem, line, &row, NULL) != OK)
		return NULL;
	str user = json_get_str(row, S("user"));
	jout_object(&j, S(""));
	jout_null(&j, S("id"));
	jout_str(&j, S("at"), json_get_str(row, S("time")));
	jout_str(&j, S("event"), json_get_str(row, S("event")));
	jout_str(&j, S("actor"), user);
	write_or_null(&j, S("user_id"), str_starts(user, S(ID_USER)) ? user : S(""));
	jout_str(&j, S("client_id"), json_get_str(row, S("client")));
	write_or_null(&j, S("connection_id"), json_get_str(row, S("grant")));
	jout_str(&j, S("ip"), json_get_str(row, S("peer")));
	write_detail(&j, row);
	jout_end(&j);
	return json_parse(mem, buf_str(&b), &event, NULL) == OK ? event : NULL;
}

const struct json *log_journal_next(struct log_journal *j, struct arena *mem, int64_t before_ms)
{
	const struct json *event = NULL;

	while (!event && j->at < j->count && j->rows[j->at].at_ms < before_ms)
		event = as_event(mem, j->rows[j->at++].line);
	return event;
}
