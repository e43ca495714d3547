#include "web/samples.h"

#include "web/snippet.h"

/* What a hostile name tries: a tag, both quotes, an entity, a template, an override of the direction, bytes that are not UTF-8. */
#define HOSTILE                                                                  \
	"<script>alert(1)</script>\"' onclick=\"x\" &amp; {{csrf}} \xe2\x80\xae" \
	"gpj\xff"
#define ADDRESS "http://localhost:8080/weather/mcp"

/* clang-format off */
static const struct view_consent_scope weather_scopes[] = {
	{ S_INIT("weather:read"), S_INIT("See forecasts and the stations they come from"), true },
	{ S_INIT("weather:write"), S_INIT("Change stations"), false },
};
/* clang-format on */

/* clang-format off */
static const struct view_consent_scope hostile_scopes[] = {
	{ S_INIT("a\"b"), S_INIT(HOSTILE), false },
};
/* clang-format on */

/* clang-format off */
static const struct view_consent consents[] = {
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0"), .server_name = S_INIT("Weather"), .server_url = S_INIT(ADDRESS),
	  .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?txn=tx_0&switch=1"), .client_name = S_INIT("Claude Code (weather)"),
	  .redirect_host = S_INIT("localhost:52841"), .loopback = true, .lasts = S_INIT("30 days after its last use"),
	  .scopes = weather_scopes, .scopes_count = 2 },
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0"), .server_name = S_INIT("Weather"),
	  .server_url = S_INIT("https://mcp.example.com/weather/mcp"), .email = S_INIT("olive@example.com"),
	  .not_you = S_INIT("/login?txn=tx_0&switch=1"), .client_name = S_INIT("Claude"), .client_host = S_INIT("claude.ai"), .verified = true,
	  .redirect_host = S_INIT("claude.ai"), .workspace = S_INIT("Example Ltd"), .lasts = S_INIT("30 days after its last use"),
	  .scopes = weather_scopes, .scopes_count = 1 },
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0"), .server_name = S_INIT("A server with quite a long name that goes on and on"),
	  .server_url = S_INIT("https://mcp.example.com/a/rather/long/path/that/does/not/fit/into/one/line/of/a/phone/mcp"),
	  .email = S_INIT("a.person.with.a.very.long.name@department.example.com"), .not_you = S_INIT("/login?txn=tx_0&switch=1"),
	  .client_name = S_INIT("Cursor"), .redirect_host = S_INIT("cursor://anysphere.cursor-mcp"), .app_scheme = true,
	  .opens = S_INIT("Cursor"), .lasts = S_INIT("30 days after its last use"), .scopes = weather_scopes, .scopes_count = 2 },
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0"), .server_name = S_INIT("Weather"), .server_url = S_INIT(ADDRESS),
	  .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?txn=tx_0&switch=1"), .client_name = S_INIT("Claude"),
	  .verified = true, .by_address = true, .redirect_host = S_INIT("claude.ai"), .lasts = S_INIT("30 days after its last use"),
	  .scopes = weather_scopes, .scopes_count = 1 },
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0"), .server_name = S_INIT("Weather"), .server_url = S_INIT(ADDRESS),
	  .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?txn=tx_0&switch=1"), .client_name = S_INIT("claude connector"),
	  .claims = S_INIT("Claude"), .redirect_host = S_INIT("claude.ai.evil.example"), .lasts = S_INIT("30 days after its last use"),
	  .scopes = weather_scopes, .scopes_count = 1 },
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0"), .server_name = S_INIT("Weather"), .server_url = S_INIT(ADDRESS),
	  .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?txn=tx_0&switch=1"), .client_name = S_INIT("Claude Code"),
	  .document_host = S_INIT("claude.ai"), .impostor = true, .redirect_host = S_INIT("localhost"), .loopback = true,
	  .lasts = S_INIT("30 days after its last use"), .scopes = weather_scopes, .scopes_count = 2 },
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0"), .server_name = S_INIT("Weather"), .server_url = S_INIT(ADDRESS),
	  .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?txn=tx_0&switch=1"), .client_name = S_INIT("Claude"),
	  .document_host = S_INIT("evil.example"), .claims = S_INIT("Claude"), .redirect_host = S_INIT("evil.example"),
	  .lasts = S_INIT("30 days after its last use"), .scopes = weather_scopes, .scopes_count = 1 },
	{ .csrf = S_INIT(HOSTILE), .txn = S_INIT(HOSTILE), .server_name = S_INIT(HOSTILE), .server_url = S_INIT(HOSTILE),
	  .email = S_INIT(HOSTILE), .not_you = S_INIT("javascript:alert(1)"), .client_name = S_INIT(HOSTILE), .document_host = S_INIT(HOSTILE),
	  .impostor = true, .claims = S_INIT(HOSTILE), .redirect_host = S_INIT(HOSTILE), .lasts = S_INIT(HOSTILE),
	  .scopes = hostile_scopes, .scopes_count = 1 },
	{ .csrf = S_INIT(HOSTILE), .txn = S_INIT(HOSTILE), .server_name = S_INIT(HOSTILE), .server_url = S_INIT(HOSTILE),
	  .email = S_INIT(HOSTILE), .not_you = S_INIT("javascript:alert(1)"), .client_name = S_INIT(HOSTILE), .client_host = S_INIT(HOSTILE),
	  .verified = true, .by_address = true, .opens = S_INIT(HOSTILE), .redirect_host = S_INIT(HOSTILE), .workspace = S_INIT(HOSTILE), .lasts = S_INIT(HOSTILE),
	  .scopes = hostile_scopes, .scopes_count = 1 },
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0"), .server_name = S_INIT("Default"), .server_url = S_INIT("https://mcp.example.com"),
	  .sign_in = true, .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?txn=tx_0&switch=1"), .client_name = S_INIT("Wiki"),
	  .verified = true, .redirect_host = S_INIT("wiki.example"), .lasts = S_INIT("30 days after its last use"),
	  .scopes = weather_scopes, .scopes_count = 1 },
};
/* clang-format on */

/* clang-format off */
static const struct view_error errors[] = {
	{ .status = 400, .title = S_INIT("This sign-in has expired"),
	  .words = S_INIT("This sign-in has expired or was already finished. Start again in your application."), .id = S_INIT("w7f3a9c2e0k"),
	  .hint = S_INIT("Start again in the application.") },
	{ .status = 500, .title = S_INIT(HOSTILE), .words = S_INIT(HOSTILE), .id = S_INIT(HOSTILE), .hint = S_INIT(HOSTILE),
	  .home = S_INIT("data:text/html,<script>alert(1)</script>") },
};
/* clang-format on */

/* clang-format off */
static const struct view_login logins[] = {
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0") },
	{ .csrf = S_INIT("c5rf"), .next = S_INIT("/account"), .email = S_INIT("olive@example.com"),
	  .words = S_INIT("The e-mail address or the password is not right."), .id = S_INIT("w7f3a9c2e0k") },
	{ .csrf = S_INIT("c5rf"), .txn = S_INIT("tx_0"), .person = S_INIT("olive@example.com") },
	{ .csrf = S_INIT("c5rf"), .next = S_INIT("/device"), .person = S_INIT("olive@example.com") },
	{ .csrf = S_INIT(HOSTILE), .txn = S_INIT(HOSTILE), .next = S_INIT(HOSTILE), .email = S_INIT(HOSTILE), .words = S_INIT(HOSTILE), .id = S_INIT(HOSTILE),
	  .person = S_INIT(HOSTILE) },
};
/* clang-format on */

/* clang-format off */
static const struct view_link links[] = {
	{ .csrf = S_INIT("c5rf"), .token = S_INIT("gh_ln_x"), .email = S_INIT("second@example.com"), .fresh = true },
	{ .csrf = S_INIT("c5rf"), .token = S_INIT("gh_ln_x"), .email = S_INIT("olive@example.com"), .name = S_INIT("Olive Owner"),
	  .words = S_INIT("The two passwords differ.") },
	{ .csrf = S_INIT(HOSTILE), .token = S_INIT(HOSTILE), .email = S_INIT(HOSTILE), .name = S_INIT(HOSTILE), .words = S_INIT(HOSTILE) },
};
/* clang-format on */

/* clang-format off */
static const struct view_setup setups[] = {
	{ .csrf = S_INIT("c5rf"), .token = S_INIT("gh_ln_x") },
	{ .csrf = S_INIT(HOSTILE), .token = S_INIT(HOSTILE), .email = S_INIT(HOSTILE), .name = S_INIT(HOSTILE), .words = S_INIT(HOSTILE) },
};
/* clang-format on */

/* clang-format off */
static const struct view_account accounts[] = {
	{ .csrf = S_INIT("c5rf"), .person = S_INIT("olive@example.com"), .name = S_INIT("Olive Owner"), .role = S_INIT("owner"), .current = true },
	{ .csrf = S_INIT(HOSTILE), .person = S_INIT(HOSTILE), .name = S_INIT(HOSTILE), .role = S_INIT(HOSTILE), .words = S_INIT(HOSTILE),
	  .done = true },
};
/* clang-format on */

/* clang-format off */
static const struct view_granted_scope granted[] = {
	{ S_INIT("weather:read"), S_INIT("See forecasts and the stations they come from") },
	{ S_INIT("weather:write"), S_INIT("Change stations") },
};
/* clang-format on */

static const struct view_granted_scope granted_hostile[] = { { S_INIT(HOSTILE), S_INIT(HOSTILE) } };

/* clang-format off */
static const struct view_connection claude_grants[] = {
	{ .id = S_INIT("gr_01"), .server = S_INIT("Weather"), .address = S_INIT(ADDRESS), .host = S_INIT("an application on this computer"),
	  .authorized = S_INIT("20 November 2026"), .used = S_INIT("a minute ago"), .scopes = granted, .scopes_count = 2 },
	{ .id = S_INIT("gr_02"), .server = S_INIT("Gatehouse"), .address = S_INIT("http://localhost:8080/mcp"),
	  .host = S_INIT("an application on this computer"), .authorized = S_INIT("3 November 2026"), .used = S_INIT("yesterday"), .scopes = granted,
	  .scopes_count = 1 },
};
/* clang-format on */

/* clang-format off */
static const struct view_connection cursor_grants[] = {
	{ .id = S_INIT("gr_03"), .server = S_INIT("Weather"), .address = S_INIT(ADDRESS), .host = S_INIT("the application Cursor on one device"),
	  .authorized = S_INIT("19 November 2026"), .used = S_INIT("never"), .scopes = granted, .scopes_count = 1 },
};
/* clang-format on */

/* clang-format off */
static const struct view_connection hostile_grants[] = {
	{ .id = S_INIT(HOSTILE), .server = S_INIT(HOSTILE), .address = S_INIT(HOSTILE), .host = S_INIT(HOSTILE),
	  .authorized = S_INIT(HOSTILE), .used = S_INIT(HOSTILE), .scopes = granted_hostile, .scopes_count = 1 },
};
/* clang-format on */

/* clang-format off */
static const struct view_application applications[] = {
	{ .name = S_INIT("Claude Code"), .count = 2, .many = true, .used = S_INIT("a minute ago"), .grants = claude_grants, .grants_count = 2 },
	{ .name = S_INIT("Cursor"), .count = 1, .used = S_INIT("never"), .grants = cursor_grants, .grants_count = 1 },
};
/* clang-format on */

/* clang-format off */
static const struct view_application hostile_applications[] = {
	{ .name = S_INIT(HOSTILE), .count = 2, .many = true, .used = S_INIT(HOSTILE), .grants = hostile_grants, .grants_count = 1 },
};
/* clang-format on */

/* clang-format off */
static const struct view_connections connections[] = {
	{ .person = S_INIT("olive@example.com"), .revoked = true, .applications = applications, .applications_count = 2 },
	{ .person = S_INIT("olive@example.com") },
	{ .person = S_INIT(HOSTILE), .revoked = true, .applications = hostile_applications, .applications_count = 1 },
};
/* clang-format on */

/* clang-format off */
static const struct view_revoke_server revoke_servers[] = {
	{ S_INIT("Weather"), S_INIT(ADDRESS) },
	{ S_INIT("Gatehouse"), S_INIT("http://localhost:8080/mcp") },
};
/* clang-format on */

static const struct view_revoke_server revoke_hostile[] = { { S_INIT(HOSTILE), S_INIT(HOSTILE) } };

/* clang-format off */
static const struct view_revoke revokes[] = {
	{ .csrf = S_INIT("c5rf"), .person = S_INIT("olive@example.com"), .application = S_INIT("Claude Code"), .count = 2, .many = true,
	  .words = S_INIT("The name that was typed is not the name of the application."), .servers = revoke_servers, .servers_count = 2 },
	{ .csrf = S_INIT(HOSTILE), .person = S_INIT(HOSTILE), .application = S_INIT(HOSTILE), .grant = S_INIT(HOSTILE), .count = -1,
	  .words = S_INIT(HOSTILE), .servers = revoke_hostile, .servers_count = 1 },
};
/* clang-format on */

/* clang-format off */
static const struct view_logout logouts[] = {
	{ .csrf = S_INIT("c5rf"), .person = S_INIT("olive@example.com") },
	{ .csrf = S_INIT(HOSTILE), .person = S_INIT(HOSTILE), .client_id = S_INIT(HOSTILE), .client_name = S_INIT(HOSTILE),
	  .redirect = S_INIT(HOSTILE), .redirect_host = S_INIT(HOSTILE), .state = S_INIT(HOSTILE) },
	{ .csrf = S_INIT("c5rf"), .person = S_INIT("olive@example.com"), .client_id = S_INIT("wiki"), .client_name = S_INIT("Wiki"),
	  .redirect = S_INIT("https://wiki.example/bye"), .redirect_host = S_INIT("wiki.example"), .state = S_INIT("st") },
};
/* clang-format on */

/* clang-format off */
static const struct view_why whys[] = {
	{ .id = S_INIT("w7f3a9c2e0k"), .found = true, .title = S_INIT("The code verifier does not fit"), .at = S_INIT("20 November 2026, 09:30:00 UTC"),
	  .request = S_INIT("POST /token"), .words = S_INIT("The code_verifier does not fit the code_challenge."),
	  .arrived = S_INIT("a verifier of 43 bytes with the hash of another challenge"),
	  .expected = S_INIT("the verifier of 43 to 128 characters whose SHA-256 was sent"), .rule = S_INIT("RFC 7636 section 4.6"),
	  .mend = S_INIT("Use the verifier of this very authorization; two attempts at once mix them up.") },
	{ .id = S_INIT("w0000000000") },
	{ .id = S_INIT(HOSTILE), .found = true, .title = S_INIT(HOSTILE), .at = S_INIT(HOSTILE), .request = S_INIT(HOSTILE), .words = S_INIT(HOSTILE),
	  .arrived = S_INIT(HOSTILE), .expected = S_INIT(HOSTILE), .rule = S_INIT(HOSTILE), .mend = S_INIT(HOSTILE) },
};
/* clang-format on */

/* clang-format off */
static const struct view_device devices[] = {
	{ .csrf = S_INIT("c5rf"), .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?other=1&next=%2Fdevice") },
	{ .csrf = S_INIT("c5rf"), .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?other=1&next=%2Fdevice"), .user_code = S_INIT("BCDF-GHJK"),
	  .words = S_INIT("There is no such code, or it has expired. Look at the code on your device."), .id = S_INIT("w0123456789") },
	{ .csrf = S_INIT(HOSTILE), .email = S_INIT(HOSTILE), .not_you = S_INIT("javascript:alert(1)"), .user_code = S_INIT(HOSTILE), .words = S_INIT(HOSTILE), .id = S_INIT(HOSTILE) },
};
static const struct view_device_scope device_scopes[] = {
	{ S_INIT("weather:read"), S_INIT("See forecasts and the stations they come from") },
	{ S_INIT("weather:write"), S_INIT("Change stations") },
};
static const struct view_device_scope hostile_device_scopes[] = {
	{ S_INIT("a\"b"), S_INIT(HOSTILE) },
};
static const struct view_device_confirm device_confirms[] = {
	{ .csrf = S_INIT("c5rf"), .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?other=1&next=%2Fdevice"), .user_code = S_INIT("BCDF-GHJK"), .client_name = S_INIT("Claude Code"),
	  .claims = S_INIT("Claude"), .server_name = S_INIT("Weather"), .server_url = S_INIT(ADDRESS), .address = S_INIT("203.0.113.7"),
	  .asked = S_INIT("just now"), .lasts = S_INIT("30 days after its last use"), .scopes = device_scopes, .scopes_count = 2 },
	{ .csrf = S_INIT("c5rf"), .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?other=1&next=%2Fdevice"), .user_code = S_INIT("BCDF-GHJK"), .client_name = S_INIT("Build machine"),
	  .verified = true, .server_name = S_INIT("Weather"), .server_url = S_INIT(ADDRESS), .asked = S_INIT("3 minutes ago"), .lasts = S_INIT("10 minutes"),
	  .scopes = device_scopes, .scopes_count = 1 },
	{ .csrf = S_INIT("c5rf"), .email = S_INIT("olive@example.com"), .not_you = S_INIT("/login?other=1&next=%2Fdevice"), .user_code = S_INIT("BCDF-GHJK"), .client_name = S_INIT("Television"),
	  .sign_in = true, .server_name = S_INIT("Default"), .server_url = S_INIT("https://auth.example.com"), .asked = S_INIT("just now"),
	  .lasts = S_INIT("10 minutes"), .scopes = device_scopes, .scopes_count = 1 },
	{ .csrf = S_INIT(HOSTILE), .email = S_INIT(HOSTILE), .not_you = S_INIT("javascript:alert(1)"), .user_code = S_INIT(HOSTILE), .client_name = S_INIT(HOSTILE), .claims = S_INIT(HOSTILE),
	  .server_name = S_INIT(HOSTILE), .server_url = S_INIT(HOSTILE), .address = S_INIT(HOSTILE), .asked = S_INIT(HOSTILE), .lasts = S_INIT(HOSTILE),
	  .scopes = hostile_device_scopes, .scopes_count = 1 },
};
static const struct view_device_done device_dones[] = {
	{ .allowed = true, .client_name = S_INIT("Claude Code") },
	{ .client_name = S_INIT("Claude Code") },
	{ .allowed = true, .client_name = S_INIT(HOSTILE) },
};
/* clang-format on */

/* clang-format off */
static const struct sample fixed[] = {
	{ "account", PAGE_ACCOUNT, &accounts[0] },
	{ "account.hostile", PAGE_ACCOUNT, &accounts[1] },
	{ "connections", PAGE_CONNECTIONS, &connections[0] },
	{ "connections.none", PAGE_CONNECTIONS, &connections[1] },
	{ "connections.hostile", PAGE_CONNECTIONS, &connections[2] },
	{ "consent", PAGE_CONSENT, &consents[0] },
	{ "consent.verified", PAGE_CONSENT, &consents[1] },
	{ "consent.scheme", PAGE_CONSENT, &consents[2] },
	{ "consent.known", PAGE_CONSENT, &consents[3] },
	{ "consent.claims", PAGE_CONSENT, &consents[4] },
	{ "consent.document", PAGE_CONSENT, &consents[5] },
	{ "consent.document.claims", PAGE_CONSENT, &consents[6] },
	{ "consent.document.hostile", PAGE_CONSENT, &consents[7] },
	{ "consent.hostile", PAGE_CONSENT, &consents[8] },
	{ "consent.sign_in", PAGE_CONSENT, &consents[9] },
	{ "device", PAGE_DEVICE, &devices[0] },
	{ "device.wrong", PAGE_DEVICE, &devices[1] },
	{ "device.hostile", PAGE_DEVICE, &devices[2] },
	{ "device_confirm", PAGE_DEVICE_CONFIRM, &device_confirms[0] },
	{ "device_confirm.verified", PAGE_DEVICE_CONFIRM, &device_confirms[1] },
	{ "device_confirm.sign_in", PAGE_DEVICE_CONFIRM, &device_confirms[2] },
	{ "device_confirm.hostile", PAGE_DEVICE_CONFIRM, &device_confirms[3] },
	{ "device_done", PAGE_DEVICE_DONE, &device_dones[0] },
	{ "device_done.denied", PAGE_DEVICE_DONE, &device_dones[1] },
	{ "device_done.hostile", PAGE_DEVICE_DONE, &device_dones[2] },
	{ "error", PAGE_ERROR, &errors[0] },
	{ "error.hostile", PAGE_ERROR, &errors[1] },
	{ "link.fresh", PAGE_LINK, &links[0] },
	{ "link", PAGE_LINK, &links[1] },
	{ "link.hostile", PAGE_LINK, &links[2] },
	{ "login", PAGE_LOGIN, &logins[0] },
	{ "login.wrong", PAGE_LOGIN, &logins[1] },
	{ "login.again", PAGE_LOGIN, &logins[2] },
	{ "login.other", PAGE_LOGIN, &logins[3] },
	{ "login.hostile", PAGE_LOGIN, &logins[4] },
	{ "logout", PAGE_LOGOUT, &logouts[0] },
	{ "logout.hostile", PAGE_LOGOUT, &logouts[1] },
	{ "logout.client", PAGE_LOGOUT, &logouts[2] },
	{ "revoke", PAGE_REVOKE, &revokes[0] },
	{ "revoke.hostile", PAGE_REVOKE, &revokes[1] },
	{ "setup", PAGE_SETUP, &setups[0] },
	{ "setup.hostile", PAGE_SETUP, &setups[1] },
	{ "why", PAGE_WHY, &whys[0] },
	{ "why.unknown", PAGE_WHY, &whys[1] },
	{ "why.hostile", PAGE_WHY, &whys[2] },
};
/* clang-format on */

static struct view_server server(struct arena *mem, str name, str address, str anchor)
{
	struct view_server s = { .name = name, .address = address, .anchor = anchor };

	s.snippets = snippet_views(mem, name, address, &s.snippets_count);
	return s;
}

static const void *home(struct arena *mem, bool hostile)
{
	struct view_home *v = NEW(mem, struct view_home);
	struct view_server *servers = NEW_ARRAY(mem, struct view_server, 2);

	servers[0] = hostile ? server(mem, S(HOSTILE), S(HOSTILE), S(HOSTILE))
			     : server(mem, S("Weather"), S(ADDRESS), S("server-1"));
	servers[1] = server(mem, S("Gatehouse"), S("http://localhost:8080/mcp"), S("server-2"));
	*v = (struct view_home){
		.person = S("olive@example.com"), .owner = true, .servers = servers, .servers_count = 2
	};
	return v;
}

static const void *resource(struct arena *mem, bool hostile)
{
	struct view_resource *v = NEW(mem, struct view_resource);

	*v = (struct view_resource){ .name = S("Weather"), .address = S(ADDRESS), .id = S("w7f3a9c2e0k") };
	if (hostile)
		v->name = v->address = v->id = S(HOSTILE);
	v->snippets = snippet_views(mem, v->name, v->address, &v->snippets_count);
	return v;
}

const struct sample *samples_make(struct arena *mem, size_t *count)
{
	static const struct view_home stranger,
	    nothing = { .person = S_INIT("olive@example.com"), .owner = true };
	const struct sample made[] = {
		{ "home", PAGE_HOME, home(mem, false) },
		{ "home.hostile", PAGE_HOME, home(mem, true) },
		{ "home.stranger", PAGE_HOME, &stranger },
		{ "home.nothing", PAGE_HOME, &nothing },
		{ "resource", PAGE_RESOURCE, resource(mem, false) },
		{ "resource.hostile", PAGE_RESOURCE, resource(mem, true) },
	};
	struct sample *all = NEW_ARRAY(mem, struct sample, COUNT(fixed) + COUNT(made));

	for (size_t i = 0; i < COUNT(fixed); i++)
		all[i] = fixed[i];
	for (size_t i = 0; i < COUNT(made); i++)
		all[COUNT(fixed) + i] = made[i];
	*count = COUNT(fixed) + COUNT(made);
	return all;
}
