#include "core/standing.h"

#include "base/id.h"
#include "crypto/crypto.h"
#include "model/model.h"

static const struct standing_port *plugged;

void standing_use(const struct standing_port *port)
{
	plugged = port;
}

enum standing standing_look(struct ctx *c, const struct ground *g)
{
	return plugged && c->lane == LANE_LOOP ? plugged->look(c, g) : STANDING_UNKNOWN;
}

int64_t client_key(str client_id)
{
	unsigned char hash[SHA256_SIZE];
	uint64_t key = 0;

	sha256(client_id, hash);
	for (size_t i = 0; i < 8; i++)
		key = key << 8 | hash[i];
	key &= INT64_MAX;
	return key ? (int64_t)key : 1;
}

str ground_origin_text(struct arena *mem, str client_id)
{
	return id_text(mem, ID_CLIENT_KEY, client_key(client_id));
}

bool ground_origin_read(const struct json *claims, int64_t *origin)
{
	*origin = 0;
	if (!json_get(claims, S("gcl")))
		return !json_get(claims, S("act"));
	return id_parse(json_get_str(claims, S("gcl")), ID_CLIENT_KEY, origin) == OK && *origin;
}
