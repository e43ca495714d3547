#include "oauth/id_jag.h"
#include "base/id.h"
#include "jose/jwt.h"

enum err id_jag_write(struct ctx *c, const struct id_jag *jag, str *out)
{
	static const str typ = ID_JAG_TYP;
	struct buf b = BUF(c->mem);
	struct jout j = JOUT(&b);

	jout_object(&j, S(""));
	jout_str(&j, S("iss"), c->site->tenant.issuer);
	jout_str(&j, S("sub"), id_text(c->mem, ID_USER, jag->user));
	jout_str(&j, S("aud"), jag->audience);
	jout_str(&j, S("client_id"), jag->client_id);
	jout_str_opt(&j, S("resource"), jag->resource);
	jout_str_opt(&j, S("scope"), jag->scope);
	jout_int(&j, S("iat"), c->now);
	jout_int(&j, S("exp"), c->now + ID_JAG_SECONDS);
	jout_str(&j, S("jti"), jwt_new_id(c->mem));
	if (jag->auth_time)
		jout_int(&j, S("auth_time"), jag->auth_time);
	jout_str(&j, S("email"), jag->email);
	jout_bool(
	    &j, S("email_verified"), true); /* the owner gives each person their address (docs/adr/0010) */
	jout_end(&j);
	if (b.full)
		return FAIL(c, TOO_LARGE, "the claims of an identity assertion");
	return jwt_sign(c->mem, c->site->signing, typ, buf_str(&b), out);
}
