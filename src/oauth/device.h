/* device: what the endpoint, the page and the grant of devices share (RFC 8628). */
#ifndef OAUTH_DEVICE_H
#define OAUTH_DEVICE_H

#include "core/ctx.h"

#define DEVICE_SECONDS 600
#define DEVICE_INTERVAL \
	5 /* seconds between two requests of a device, and what each that comes too soon adds */
#define DEVICE_PREFIX "gh_dc_"

/* What the store keeps instead of a user code (without its dash). */
str device_code_hash(struct ctx *c, str user_code);

#endif
