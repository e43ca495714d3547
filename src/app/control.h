/* control: operations asked for over DATA/control.sock, run as the machine's owner (admin/control_run.h). */
#ifndef APP_CONTROL_H
#define APP_CONTROL_H

#include "net/control.h"

/*
 * What net/control.h calls; arg is the struct floor. The answer is one line:
 *   {"ok":true,"result":{...}}
 *   {"ok":false,"error":"NAME of err.def","code":"...","status":403,"message":"public words","detail":"...","id":"w...","data":...}
 */
extern const struct control_hooks control_app_hooks;

#endif
