/* password: what a new one must be like. */
#ifndef LOGIN_PASSWORD_H
#define LOGIN_PASSWORD_H

#include "base/str.h"

#define PASSWORD_MIN 10 /* characters; nothing is asked of their kinds (NIST SP 800-63B section 5.1.1.2) */

/* Why a new password, typed twice, is not taken, in words for the person; empty when it is. email: it may not be that. */
str password_fault(str password, str confirm, str email);

#endif
