/* rig: an exchange without sockets, threads or a store, for what is decided from a request and a site alone. */
#ifndef UNIT_APP_RIG_H
#define UNIT_APP_RIG_H

#include "app/exchange.h"
#include "app/house.h"
#include "base/unit.h"
#include "core/recorder.h"
#include "http/parse.h"

#include <stdio.h>
#include <string.h>

struct rig {
	struct arena *mem;
	struct config config;
	struct house_site site;
	struct house house;
	struct floor *floor;
	struct request rq;
	struct exchange *x;
	struct ctx *c;
};

static const struct resource rig_resources[] = {
	{ .path = S_INIT("/mcp"),
	    .identifier = S_INIT("https://gate.example/mcp"),
	    .name = S_INIT("Management"),
	    .management = true,
	    .scopes = S_INIT("users:read users:write"),
	    .challenge = S_INIT("users:read") },
	{ .path = S_INIT("/weather/mcp"),
	    .identifier = S_INIT("https://gate.example/weather/mcp"),
	    .name = S_INIT("Weather"),
	    .upstream = S_INIT("http://127.0.0.1:9000/mcp"),
	    .scopes = S_INIT("mcp:tools"),
	    .required = S_INIT("mcp:tools"),
	    .challenge = S_INIT("mcp:tools") },
};

static inline str rig_record(struct ctx *c)
{
	(void)c;
	return S("w0123456789");
}

static inline void rig_expect(enum awaited kind, int64_t id, str client, int64_t now)
{
	(void)kind, (void)id, (void)client, (void)now;
}

static inline void rig_met(enum awaited kind, int64_t id)
{
	(void)kind, (void)id;
}

static const struct recorder_port rig_recorder = { .add = rig_record, .expect = rig_expect, .met = rig_met };

/* base_url https://gate.example; head: a whole request head. */
static inline void rig_open(struct rig *r, const char *head)
{
	static const unsigned char key[32] = "a key for the forms of this test";
	size_t scan = 0, used;

	memset(r, 0, sizeof *r);
	r->mem = arena_new(1 << 20);
	r->config = (struct config){
		.mem = r->mem, .base_url = S("https://gate.example"), .limit_register_burst = 2
	};
	r->site = (struct house_site){
		.site = { .mem = r->mem,
		    .config = &r->config,
		    .secure = true,
		    .tenant = { .id = 1, .name = S("Test"), .issuer = S("https://gate.example") },
		    .resources = rig_resources,
		    .resource_count = COUNT(rig_resources),
		    .key_form = { key, sizeof key } },
		.issuer_host = S("gate.example"),
	};
	r->floor = &r->house.floors[0];
	r->floor->house = &r->house;
	r->floor->site = &r->site;
	r->rq.mem = r->mem;
	assert_int_equal(
	    http_parse_request(r->mem, arena_copy(r->mem, str_of(head)), &scan, &r->rq.http, &used), OK);
	assert_true(used > 0);
	r->rq.http.peer = S("203.0.113.9");
	r->rq.peer = (struct addr){ .family = ADDR_IPV4, .ip = { 203, 0, 113, 9 } };
	r->x = exchange_new(r->floor, r->mem);
	r->x->rq = &r->rq;
	r->c = &r->x->c;
	r->c->req = &r->rq.http;
	recorder_use(&rig_recorder);
}

static inline void rig_close(struct rig *r)
{
	struct arena *mem = r->mem;

	exchange_drop(r->x);
	recorder_use(NULL);
	arena_unref(mem);
}

/* The value of a header of the reply; empty when it is not there. */
static inline str rig_header(const struct rig *r, const char *name)
{
	for (size_t i = 0; i < r->x->reply.header_count; i++)
		if (str_ieq(r->x->reply.headers[i].name, str_of(name)))
			return r->x->reply.headers[i].value;
	return S("");
}

static inline bool rig_has(str text, const char *part)
{
	return str_find(text, str_of(part)) >= 0;
}

#endif
