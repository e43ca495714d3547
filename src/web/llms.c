#include "web/handlers.h"

/* One line of the list: an address below the issuer and what is there. */
struct line {
	str path, name, words;
};

/* clang-format off */
static const struct line for_programs[] = {
	{ S_INIT("/.well-known/oauth-protected-resource"), S_INIT("Protected resource metadata"), S_INIT("RFC 9728; append the path of an MCP server for its own document") },
	{ S_INIT("/.well-known/oauth-authorization-server"), S_INIT("Authorization server metadata"), S_INIT("RFC 8414: all endpoints") },
	{ S_INIT("/.well-known/jwks.json"), S_INIT("Keys"), S_INIT("what access tokens (RFC 9068) are signed with") },
	{ S_INIT("/register"), S_INIT("Registration"), S_INIT("RFC 7591: a client registers by itself") },
};

static const struct line for_people[] = {
	{ S_INIT("/"), S_INIT("Connect a client"), S_INIT("the address of each MCP server, and what to paste into which application") },
	{ S_INIT("/account/connections"), S_INIT("Connections"), S_INIT("which application may do what in your name, and how to take it back") },
	{ S_INIT("/account"), S_INIT("Account"), S_INIT("name, role, password") },
};
/* clang-format on */

static void put_list(struct buf *b, str issuer, const char *title, const struct line *lines, size_t count)
{
	buf_printf(b, "\n## %s\n\n", title);
	for (size_t i = 0; i < count; i++)
		buf_printf(b, "- [%.*s](%.*s%.*s): %.*s\n", FMT(lines[i].name), FMT(issuer),
		    FMT(lines[i].path), FMT(lines[i].words));
}

enum err llms_show(struct ctx *c)
{
	str issuer = c->site->tenant.issuer;
	struct buf b = BUF(c->mem);

	buf_put(&b,
	    S("# Gatehouse\n\n> An OAuth 2.1 authorization server and gateway in front of MCP servers.\n\n"
	      "A client is given the address of an MCP server and nothing else. The first request without a "
	      "token is "
	      "answered with 401\nand a WWW-Authenticate header that names the metadata; the client "
	      "registers itself, "
	      "opens /authorize in a browser (PKCE\nwith S256, the resource parameter), a person signs in "
	      "and presses "
	      "Allow, and the client redeems the code at /token.\nA refusal carries an id; \"gatehouse why "
	      "ID\" on the "
	      "server explains it.\n"));
	put_list(&b, issuer, "For programs", for_programs, COUNT(for_programs));
	put_list(&b, issuer, "For people", for_people, COUNT(for_people));
	c->reply->status = 200;
	c->reply->body = buf_str(&b);
	reply_header(c->reply, S("Content-Type"), S("text/plain; charset=utf-8"));
	reply_header(c->reply, S("Cache-Control"), S("public, max-age=300"));
	reply_header(c->reply, S("X-Content-Type-Options"), S("nosniff"));
	return OK;
}
