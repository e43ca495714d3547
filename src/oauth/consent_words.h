/* consent_words: what the pages where somebody says yes (consent, device) say in the same words. */
#ifndef OAUTH_CONSENT_WORDS_H
#define OAUTH_CONSENT_WORDS_H

#include "core/ctx.h"

/* How long access lasts for such a client: "30 days after its last use", or "10 minutes" without refresh tokens. */
str consent_lasts(struct ctx *c, const struct client *client);

#endif
