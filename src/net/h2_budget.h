/*
 * h2_budget: what a client may cost before it has to be of use. HTTP/2 lets a few bytes cause much work (CVE-2019-9511 to
 * -9518, CVE-2023-44487, CVE-2025-8671); every attack of that kind spends without earning, so one account holds them all.
 * Pure; one for each connection.
 */
#ifndef NET_H2_BUDGET_H
#define NET_H2_BUDGET_H

#include "base/str.h"

#define H2_BUDGET_MAX 10000    /* points at the begin, and at most */
#define H2_BUDGET_A_SECOND 500 /* come back by themselves */

/* What things cost. */
enum {
	H2_COST_RESET = 100, /* a stream that ends before its answer, whoever ends it */
	H2_COST_SETTINGS = 100,
	H2_COST_PING = 20,
	H2_COST_PRIORITY = 10, /* and all others that we have no use for */
	H2_COST_EMPTY = 10,    /* DATA with nothing in it */
	H2_COST_WINDOW = 4,
	H2_INPUT_A_POINT = 64, /* bytes of input */
};

/* What is earned. */
enum {
	H2_EARN_ANSWER = 40, /* a whole request that was answered */
	H2_EARN_SENT =
	    10, /* a frame of an answer's body: of 1 KiB, or all there was; not what a tiny window lets through */
};

struct h2_budget {
	int64_t points;
	int64_t since_ms;
};

void h2_budget_start(struct h2_budget *b, int64_t now_ms);
/* False when there is not so much left: this client goes. */
CHECKED bool h2_budget_spend(struct h2_budget *b, int64_t now_ms, int64_t points);
void h2_budget_earn(struct h2_budget *b, int64_t points);

#endif
