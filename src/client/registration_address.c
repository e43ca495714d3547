/* Where people are sent: after they allowed it, and after they signed out; and where that is told. */
#include "base/url.h"
#include "client/client.h"
#include "client/registration_rule.h"
#include "model/redirect.h"

#define URI_MAX 512 /* of backchannel_logout_uri */

/* The URIs of a list as words; false with the first that nobody may be sent to in *bad. */
static bool read_uris(struct ctx *c, const struct json *list, str *out, str *bad)
{
	struct buf b = BUF(c->mem);

	for (JSON_EACH(item, list)) {
		*bad = item->text;
		if (item->type != JSON_STRING || redirect_kind(item->text) == REDIRECT_BAD)
			return false;
		if (b.n)
			buf_char(&b, ' ');
		buf_put(&b, item->text);
	}
	*out = buf_str(&b);
	return !b.full;
}

static enum err no_list(struct ctx *c)
{
	enum err e = FAIL(c, REGISTER_REDIRECT, "redirect_uris is not an array with at least one URI");

	c->fail.say = S("The member redirect_uris has to be a list with at least one address.");
	return e;
}

enum err registration_redirects(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	const struct json *list = registration_member(body, S("redirect_uris"));
	str bad = { NULL, 0 };

	(void)was;
	/* a device has nowhere to be sent back to (RFC 8628) */
	if (!list && !client_may(&out->client, S("authorization_code")))
		return OK;
	if (!list || list->type != JSON_ARRAY || list->count == 0)
		return no_list(c);
	if (list->count > REDIRECT_COUNT_MAX)
		return FAIL(c, REGISTER_REDIRECT, "%u redirect URIs", list->count);
	if (!read_uris(c, list, &out->client.redirect_uris, &bad))
		return FAIL(c, REGISTER_REDIRECT, "%.*s", FMT(str_sub(bad, 0, 200)));
	out->client.native = redirect_native(out->client.redirect_uris);
	return OK;
}

/*
 * OpenID Connect RP-Initiated Logout section 3.1 and Back-Channel Logout section 2.2. The second is an address that we will
 * call, so it is https or it is left out; nothing is asked of it now.
 */
enum err registration_logout(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out)
{
	const struct json *list = registration_member(body, S("post_logout_redirect_uris"));
	str call = json_get_str(body, S("backchannel_logout_uri")), bad = { NULL, 0 };
	struct url u;

	(void)was;
	if (list && (list->type != JSON_ARRAY || list->count > REDIRECT_COUNT_MAX))
		return FAIL(c, REGISTER_METADATA, "post_logout_redirect_uris is not an array of at most %d",
		    REDIRECT_COUNT_MAX);
	if (!read_uris(c, list, &out->client.logout_uris, &bad))
		return FAIL(
		    c, REGISTER_METADATA, "post_logout_redirect_uris: %.*s", FMT(str_sub(bad, 0, 200)));
	if (call.n && call.n <= URI_MAX && url_parse(call, &u) == OK && str_eq(u.scheme, S("https")) &&
	    u.host.n && !u.userinfo.p && !u.fragment.p)
		out->client.backchannel = call;
	return OK;
}
