/*
 * registration_rule: the rules of a registration, one a member or a few that belong together. Private to registration*.c. Each
 * reads its members of body (a JSON object) into out, of which the rules before it have filled their part; was is what the
 * client is so far (RFC 7592), NULL for one that registers. REGISTER_METADATA, or what is said.
 */
#ifndef CLIENT_REGISTRATION_RULE_H
#define CLIENT_REGISTRATION_RULE_H

#include "client/registration.h"

/* A member that is there; null counts as absent, since clients write it for what they do not have. */
const struct json *registration_member(const struct json *body, str name);

/* registration_proof.c: how it proves itself, with which keys, and what for. */
CHECKED enum err registration_method(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);
CHECKED enum err registration_grants(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);
CHECKED enum err registration_keys(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);
CHECKED enum err registration_flags(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);

/* registration_address.c: where people are sent. Redirects may also give REGISTER_REDIRECT, TOO_LARGE. */
CHECKED enum err registration_redirects(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);
CHECKED enum err registration_logout(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);

/* registration_text.c: what it says of itself. */
CHECKED enum err registration_name(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);
CHECKED enum err registration_uri(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);
CHECKED enum err registration_scope(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);
CHECKED enum err registration_signed_response(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);
CHECKED enum err registration_type(
    struct ctx *c, const struct json *body, const struct client *was, struct registration *out);

#endif
