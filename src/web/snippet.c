#include "web/snippet.h"

#include "base/json.h"
#include "base/url.h"

#define NAME_MAX_LENGTH 40

/* A URL as one word of a shell. Ours have no quotes; whatever has is still one word. */
static void put_word(struct buf *out, str word)
{
	static const str safe = S_INIT("/:.-_~%+=@,");
	bool plain = word.n > 0;

	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		plain = plain && (letter || str_has(safe, c));
	}
	if (plain) {
		buf_put(out, word);
		return;
	}
	buf_char(out, '\'');
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] == '\'')
			buf_put(out, S("%27"));
		else
			buf_char(out, word.p[i]);
	}
	buf_char(out, '\'');
}

/* A string of JSON; those of TOML are written the same way. */
static void put_string(struct buf *out, str s)
{
	struct jout j = JOUT(out);

	jout_str(&j, S(""), s);
}

static void write_claude_code(struct buf *out, str name, str url)
{
	buf_put(out, S("claude mcp add --transport http "));
	buf_put(out, name);
	buf_char(out, ' ');
	put_word(out, url);
}

static void write_gemini(struct buf *out, str name, str url)
{
	buf_put(out, S("gemini mcp add --transport http "));
	buf_put(out, name);
	buf_char(out, ' ');
	put_word(out, url);
}

static void write_cursor(struct buf *out, str name, str url)
{
	buf_put(out, S("{\n  \"mcpServers\": {\n    "));
	put_string(out, name);
	buf_put(out, S(": {\n      \"url\": "));
	put_string(out, url);
	buf_put(out, S("\n    }\n  }\n}"));
}

static void write_vscode(struct buf *out, str name, str url)
{
	buf_put(out, S("{\n  \"mcp\": {\n    \"servers\": {\n      "));
	put_string(out, name);
	buf_put(out, S(": {\n        \"url\": "));
	put_string(out, url);
	buf_put(out, S("\n      }\n    }\n  }\n}"));
}

static void write_codex(struct buf *out, str name, str url)
{
	buf_put(out, S("[mcp_servers."));
	buf_put(out, name);
	buf_put(out, S("]\nurl = "));
	put_string(out, url);
}

static void write_opencode(struct buf *out, str name, str url)
{
	buf_put(out, S("{\n  \"mcp\": {\n    "));
	put_string(out, name);
	buf_put(out, S(": {\n      \"type\": \"remote\",\n      \"url\": "));
	put_string(out, url);
	buf_put(out, S("\n    }\n  }\n}"));
}

static void write_address(struct buf *out, str name, str url)
{
	(void)name;
	buf_put(out, url);
}

#define FROM_OUTSIDE                                                                                  \
	"It calls from the public internet, so the address must be reachable from there over https; " \
	"localhost is not."

/* clang-format off */
const struct snippet_client snippet_clients[] = {
	{ S_INIT("claude-code"), S_INIT("Claude Code"), S_INIT("Run this in a terminal. In Claude Code, /mcp then signs you in."),
	  S_INIT(""), write_claude_code },
	{ S_INIT("cursor"), S_INIT("Cursor"), S_INIT("Put this into .cursor/mcp.json of your project, or into ~/.cursor/mcp.json for all of them."),
	  S_INIT(""), write_cursor },
	{ S_INIT("vscode"), S_INIT("VS Code"), S_INIT("Put this into settings.json."),
	  S_INIT("In .vscode/mcp.json leave the outer \"mcp\" away, so that \"servers\" stands on top."), write_vscode },
	{ S_INIT("codex"), S_INIT("Codex"), S_INIT("Add this to ~/.codex/config.toml."),
	  S_INIT("Then sign in with: codex mcp login NAME"), write_codex },
	{ S_INIT("claude"), S_INIT("Claude on the web, desktop and phone"),
	  S_INIT("Open Settings, Connectors (MCP Servers in some versions), add a custom one, and paste this address."), S_INIT(FROM_OUTSIDE), write_address },
	{ S_INIT("chatgpt"), S_INIT("ChatGPT"),
	  S_INIT("Open Settings, Connectors, create one (developer mode), and paste this address."), S_INIT(FROM_OUTSIDE), write_address },
	{ S_INIT("gemini"), S_INIT("Gemini CLI"), S_INIT("Run this in a terminal."),
	  S_INIT("Then sign in inside it with: /mcp auth NAME"), write_gemini },
	{ S_INIT("opencode"), S_INIT("opencode"), S_INIT("Put this into opencode.json."),
	  S_INIT("Then sign in with: opencode mcp auth NAME"), write_opencode },
	{ S_INIT("other"), S_INIT("Any other application"), S_INIT("Give it this address (transport: streamable HTTP). It finds everything else by itself."),
	  S_INIT(""), write_address },
};
/* clang-format on */
const size_t snippet_client_count = COUNT(snippet_clients);

const struct snippet_client *snippet_find(str id)
{
	for (size_t i = 0; i < snippet_client_count; i++)
		if (str_eq(snippet_clients[i].id, id))
			return &snippet_clients[i];
	return NULL;
}

/* Letters and digits in lower case, everything else as single hyphens between them. */
static str slug(struct arena *mem, str s)
{
	struct buf b = BUF(mem);

	for (size_t i = 0; i < s.n && b.n < NAME_MAX_LENGTH; i++) {
		char c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf_char(&b, c);
		else if (b.n > 0 && b.p[b.n - 1] != '-')
			buf_char(&b, '-');
	}
	while (b.n > 0 && b.p[b.n - 1] == '-')
		b.n--;
	return buf_str(&b);
}

str snippet_name(struct arena *mem, str name, str url)
{
	struct url u;
	str word = slug(mem, name);

	if (word.n == 0 && url_parse(url, &u) == OK) {
		str path = str_sub(u.path, 1, u.path.n), first, rest;
		(void)str_cut(path, '/', &first, &rest);
		word = slug(mem, first);
	}
	return word.n ? word : S("server");
}

str snippet_write(struct arena *mem, str client, str name, str url)
{
	const struct snippet_client *row = snippet_find(client);
	struct buf b = BUF(mem);

	if (row)
		row->write(&b, snippet_name(mem, name, url), url);
	return buf_str(&b);
}

str snippet_note(struct arena *mem, const struct snippet_client *client, str name, str url)
{
	ptrdiff_t at = str_find(client->note, S("NAME"));
	struct buf b = BUF(mem);

	if (at < 0)
		return client->note;
	buf_put(&b, str_sub(client->note, 0, (size_t)at));
	buf_put(&b, snippet_name(mem, name, url));
	buf_put(&b, str_sub(client->note, (size_t)at + 4, client->note.n));
	return buf_str(&b);
}

const struct view_snippet *snippet_views(struct arena *mem, str name, str url, size_t *count)
{
	struct view_snippet *views = NEW_ARRAY(mem, struct view_snippet, COUNT(snippet_clients));

	for (size_t i = 0; i < COUNT(snippet_clients); i++)
		views[i] = (struct view_snippet){
			.client = snippet_clients[i].label,
			.open = i == 0,
			.words = snippet_clients[i].words,
			.text = snippet_write(mem, snippet_clients[i].id, name, url),
			.note = snippet_note(mem, &snippet_clients[i], name, url),
		};
	*count = COUNT(snippet_clients);
	return views;
}
