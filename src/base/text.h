/* text: what people type and read: e-mail addresses, names, scopes. Pure checks, no tables. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/arena.h"
#include "base/err.h"

#define TEXT_EMAIL_MAX 254 /* RFC 5321 section 4.5.3.1.3, less the angle brackets */

/*
 * The address in the one form that is stored and compared: lower case. Refuses (ERR_BAD_ENCODING) all but one '@',
 * blanks, quotes, control characters, bytes over 0x7e (so no look-alikes; an international host is sent as punycode),
 * empty labels, over TEXT_EMAIL_MAX bytes. No tag or dot is taken off: what they mean is the mail host's business.
 */
CHECKED enum err text_email(struct arena *mem, str text, str *out);
/*
 * True for a name that may be shown: 1 to max bytes of UTF-8, no control characters (C0, DEL, C1), no line or paragraph
 * separators, nothing that changes the direction of text around it and nothing without width.
 */
bool text_name_ok(str s, size_t max);
/* RFC 6749 section 3.3: %x21 / %x23-5B / %x5D-7E, at least one. */
bool text_scope_token(str s);

#endif
