/*
 * judge: what the answers of a protected MCP server mean to clients (RFC 9728, RFC 8414, RFC 6750 and what
 * the clients do with them). Pure: an answer goes in, findings come out; nothing is asked here, nothing is
 * waited for.
 */
#ifndef CMD_DOCTOR_JUDGE_H
#define CMD_DOCTOR_JUDGE_H

#include "base/json.h"
#include "base/url.h"
#include "cmd/doctor_verdict.h"
#include "net/probe.h"

#define DOCTOR_WEB_ORIGIN "http://localhost:6274"       /* where MCP Inspector serves its page */
#define DOCTOR_FOREIGN_HOST "foreign.gatehouse.invalid" /* RFC 2606: nobody's */
#define DOCTOR_FOREIGN_ORIGIN "https://" DOCTOR_FOREIGN_HOST

/* ---- the address and the way to it (doctor_address.c) ---- */

/* An address that a client can be given, taken apart; false: no http or https URL, with one finding. */
bool judge_address(struct verdict *v, str text, struct url *out);
/* Is it an http or https URL at all? Otherwise a verb is used wrongly. */
bool address_web(str text);
/* As clients write it: scheme and host in lower case, no default port, no fragment. */
str address_plain(struct arena *mem, const struct url *u);
/* This machine's own: what url_loopback knows, and *.localhost. */
bool address_loopback(const struct url *u);
/* Name, connection and TLS, up to the step that failed; true when there is an answer. */
bool judge_connection(struct verdict *v, const struct url *u, const struct probe_answer *a);
/*
 * Who can reach it: notes for addresses that servers on the internet do not see. at: "192.0.2.1:443", as
 * connected.
 */
void judge_reach(struct verdict *v, const struct url *u, str at);
/* The Date header against our clock, in epoch seconds. */
void judge_clock(struct verdict *v, const struct http_res *r, int64_t now);
/* One answer did not come; why says how far it went. */
void judge_silence(struct verdict *v, const char *what, str url, const struct probe_answer *a);
/* True, with a finding, when the answer sends elsewhere: clients do not follow. */
bool judge_redirect(struct verdict *v, const char *what, str url, const struct http_res *r);

/* ---- the challenge (doctor_status.c, doctor_challenge.c) ---- */

/* A request without a token has to get 401; true when it did. */
bool judge_status(struct verdict *v, const char *what, str url, const struct http_res *r);
/* WWW-Authenticate as clients read it. True with the address of the metadata when they find it there. */
bool judge_challenge(struct verdict *v, const struct http_res *r, const struct url *u, str *metadata);
/* Only Gatehouse writes such a challenge. */
bool challenge_ours(const struct http_res *r);
/*
 * The value of one parameter as a client finds it, empty when it does not: by looking for name="..." in all of the
 * header lines, or with bearer_first only when these begin with "Bearer " and no second blank, as both SDKs do.
 */
str challenge_value(struct arena *mem, const struct http_res *r, str name, bool bearer_first);

/* ---- documents (doctor_document.c, doctor_resource.c, doctor_issuer.c, doctor_keys.c) ---- */

/*
 * 200, application/json, one JSON object without nulls and empty strings; NULL with the finding when it
 * cannot be read.
 */
const struct json *judge_document(struct verdict *v, const char *what, str url, const struct probe_answer *a);
/* The same without a look at nulls and empty strings, which only strict readers refuse. */
const struct json *judge_readable(struct verdict *v, const char *what, str url, const struct probe_answer *a);
/* SDK schemas know a member or its absence: one null, and the whole document is thrown away. */
void judge_members(struct verdict *v, const char *what, const struct json *doc);
/*
 * Protected resource metadata for the address u; true with the issuer that clients will ask when they can
 * go on.
 */
bool judge_resource(
    struct verdict *v, const char *what, const struct json *doc, const struct url *u, str *issuer);
/* Its parts: whether `said` is the address u; who gives the tokens; whether they go into the header. */
bool judge_resource_name(struct verdict *v, const char *what, str said, const struct url *u);
bool judge_resource_servers(struct verdict *v, const char *what, const struct json *doc, str *issuer);
void judge_resource_methods(struct verdict *v, const char *what, const struct json *doc);
/* True when said is a path above u at the same origin, which all clients but VS Code take. */
bool resource_above(struct arena *mem, str said, const struct url *u);
/*
 * The name that an issuer has, before it is asked; true when clients would ask it. u: the resource's
 * address.
 */
bool judge_issuer_name(struct verdict *v, str issuer, const struct url *u, struct url *out);
/* Authorization server metadata; openid: it came from the address of OpenID Connect Discovery. */
void judge_issuer(struct verdict *v, const char *what, const struct json *doc, str issuer,
    const struct url *u, bool openid);
/* What of that every client needs: its name, its endpoints, code with S256. */
void judge_issuer_core(
    struct verdict *v, const char *what, const struct json *doc, str issuer, const struct url *u);
/* What the OIDC schema of both SDKs needs besides; without it they throw the document away. */
void judge_openid(struct verdict *v, const char *what, const struct json *doc);
/* None of the addresses of its metadata has any. */
void judge_no_issuer(struct verdict *v, str issuer);
/* True when the member is a list that has the word. */
bool metadata_has(const struct json *doc, str member, str word);
/* A second form of the same metadata has to say the same. */
void judge_twin(struct verdict *v, const char *what, const struct json *first, const struct json *doc);
/* May a client of the resource u be sent there: absolute, https or this machine's own. NULL, or why not. */
const char *endpoint_problem(str url, const struct url *u);
void judge_keys(struct verdict *v, const struct json *doc);

/* ---- addresses that have to be there, and who may call (doctor_endpoint.c, doctor_foreign.c) ---- */

/* An endpoint that was asked by GET and, when that gave 404, by OPTIONS; other: the second answer or NULL. */
void judge_endpoint(struct verdict *v, const char *what, str url, const struct http_res *get,
    const struct http_res *other, bool page);
/*
 * A preflight of a page at DOCTOR_WEB_ORIGIN; headers: what it wants to send, separated by ','. True
 * without a finding.
 */
bool judge_preflight(struct verdict *v, str url, const struct http_res *r, str headers);
/* The challenge as such a page sees it. */
bool judge_exposed(struct verdict *v, const struct http_res *r);
/* A POST from DOCTOR_FOREIGN_ORIGIN. */
void judge_origin(struct verdict *v, const struct http_res *r);
/* A POST that names DOCTOR_FOREIGN_HOST in `header`; false when nothing was found. */
bool judge_host(struct verdict *v, const struct http_res *r, const char *header, bool loopback);
/* The server behind, greeted without a token from the machine of the gateway. */
void judge_upstream(struct verdict *v, str url, const struct probe_answer *a);

#endif
