#include "admin/reference_clients.h"

#include "base/json.h"
#include "model/habits.h"

#define PORT 43117

static const char *const match_words[] = { [KNOWN_EXACT] = "exact",
	[KNOWN_BELOW] = "one segment below",
	[KNOWN_PORT] = "this computer, any port",
	[KNOWN_RELAY] = "hands on to a program of the device",
	[KNOWN_SHARED] = "of its maker, for anybody",
	[KNOWN_FAMILY] = "at anybody's host",
	[KNOWN_DOCUMENT] = "document" };

static const char *const use_words[] = {
	[KNOWN_SENT] = "registered", [KNOWN_DESCRIBED] = "with its document", [KNOWN_SEEN] = "seen"
};

/* What a default server would tell them: the bodies are then those that were recorded. */
static const struct habits_facts facts = {
	.challenged = S_INIT("mcp:tools"),
	.listed = S_INIT("openid offline_access mcp:tools"),
	.resource = S_INIT("https://auth.example.com/mcp"),
	.port = PORT,
};

/* ---- the page ----------------------------------------------------------------------------------------------------- */

static void put_address(struct buf *b, const struct known_client *k)
{
	buf_printf(b, "| %.*s | `%.*s` | %s | %s | %c | %s |\n", FMT(k->name), FMT(k->uri),
	    match_words[k->match], k->match == KNOWN_DOCUMENT ? "as client_id" : use_words[k->use],
	    k->confidence, known_proves(k) ? "yes" : "no");
}

static void put_cell(struct buf *b, const char *text)
{
	buf_printf(b, "%s%s%s | ", text && *text ? "`" : "", text ? text : "", text && *text ? "`" : "");
}

static void put_habits(struct buf *b, struct arena *mem, const struct habits *h)
{
	buf_printf(b, "| %.*s | `%.*s` | %s | ", FMT(h->name), FMT(h->id), habits_basis_words(h->basis));
	put_cell(b, h->first ? *h->first ? h->first : "none" : "POST");
	put_cell(b, h->first_version);
	buf_printf(b, "%s | ", h->root ? "root" : "path");
	put_cell(b, h->version);
	put_cell(b, h->era);
	buf_printf(b, "%s | ", habits_scope_words(h->scope_from));
	put_cell(b, h->prompt_again ? h->prompt_again : h->prompt);
	put_cell(b, habits_refresh_words(mem, h->refresh).p);
	buf_printf(b, "%s |\n", habits_registers_words(h->registers));
}

void reference_clients_page(struct buf *b, struct arena *mem)
{
	buf_put(b,
	    S("# Known applications\n\n"
	      "Printed by `gatehouse reference`; made of `tables/clients.def`.\n\n"
	      "Any other application registers itself or stands under `clients` in `gatehouse.yml`; to be "
	      "known "
	      "is to be shown by name, and to be tried by `gatehouse selftest`.\n\n"
	      "## Where they take an answer\n\n"
	      "Where an answer goes to an address that proves the name, or where the `client_id` is a "
	      "document of "
	      "this table, the consent page shows the application of this table as verified, whatever name "
	      "was "
	      "registered. Pages of that address's origin may call resources, as if it stood in "
	      "`allow_origins`. "
	      "A scheme such as `cursor://` proves nothing, since any program of a device can claim it, nor "
	      "does an "
	      "address of this computer, nor one that anybody may have. `vscode.dev` passes the answer on to "
	      "the "
	      "program that the application names in `state`: that is no more than an address of this "
	      "computer, so "
	      "the page says *not verified*, and where it goes on to.\n\n"
	      "Confidence A: the application's maker says so, or it was recorded from the program. B: "
	      "several have "
	      "seen it who do not know of each other. C: one has told it; nothing is decided by that.\n\n"
	      "| application | address | which | when | confidence | proves the name |\n"
	      "| --- | --- | --- | --- | --- | --- |\n"));
	for (size_t i = 0; i < known_client_count; i++)
		put_address(b, &known_clients[i]);
	buf_put(b,
	    S("\n## What they do\n\n"
	      "*observed*: recorded between the program and a server. *read*: from its source, its "
	      "documents, or "
	      "several reports. *address only*: no more is known, and `selftest` does the least that any "
	      "client "
	      "does. The bodies that they register are in `gatehouse reference clients --json`.\n\n"
	      "| application | id | basis | first request | its version | metadata | version on discovery | "
	      "era | "
	      "scopes | prompt | refreshing | registers |\n"
	      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"));
	for (size_t i = 0; i < known_habits_count; i++)
		put_habits(b, mem, &known_habits[i]);
}

/* ---- the object --------------------------------------------------------------------------------------------------- */

static void put_opt(struct jout *j, str key, const char *value)
{
	jout_str_opt(j, key, str_of(value));
}

static void put_addresses(struct jout *j, const struct habits *h)
{
	jout_array(j, S("addresses"));
	for (size_t i = 0; i < known_client_count; i++) {
		const struct known_client *k = &known_clients[i];
		if (!str_eq(k->id, h->id))
			continue;
		jout_object(j, S(""));
		jout_str(j, S("uri"), k->uri);
		jout_strz(j, S("match"), match_words[k->match]);
		if (k->match != KNOWN_DOCUMENT)
			jout_strz(j, S("use"), use_words[k->use]);
		jout_str(j, S("confidence"), (str){ &k->confidence, 1 });
		jout_bool(j, S("proves"), known_proves(k));
		jout_end(j);
	}
	jout_end(j);
}

static void put_client(struct jout *j, struct arena *mem, const struct habits *h)
{
	const struct known_client *document = habits_document(h);
	str registered, asked;

	jout_object(j, S(""));
	jout_str(j, S("id"), h->id);
	jout_str(j, S("name"), h->name);
	jout_strz(j, S("basis"), habits_basis_words(h->basis));
	put_addresses(j, h);
	if (document)
		jout_str(j, S("document"), document->uri);
	jout_str(j, S("first"), h->first ? str_of(h->first) : S("POST"));
	put_opt(j, S("first_version"), h->first_version);
	jout_strz(j, S("metadata"), h->root ? "root" : "path");
	put_opt(j, S("version"), h->version);
	put_opt(j, S("accept"), h->accept);
	put_opt(j, S("era"), h->era);
	jout_bool(j, S("sdk"), h->sdk);
	jout_bool(j, S("browser"), h->browser);
	put_opt(j, S("prompt"), h->prompt);
	put_opt(j, S("prompt_again"), h->prompt_again);
	jout_words(j, S("refresh"), habits_refresh_words(mem, h->refresh));
	jout_strz(j, S("registers"), habits_registers_words(h->registers));
	jout_str(j, S("scope"), habits_scope(mem, h, &facts));
	if (habits_address(mem, h, false, 0, facts.port, &registered, &asked))
		jout_raw(j, S("registration"), habits_registration(mem, h, &facts));
	jout_end(j);
}

void reference_clients_json(struct buf *b, struct arena *mem)
{
	struct jout j = JOUT(b);

	jout_object(&j, S(""));
	jout_array(&j, S("clients"));
	for (size_t i = 0; i < known_habits_count; i++)
		put_client(&j, mem, &known_habits[i]);
	jout_end(&j);
	jout_end(&j);
}
