#include "net/wheel.h"

#include <string.h>

static size_t slot_of(int64_t tick)
{
	return (size_t)(tick % WHEEL_SLOTS);
}

static void push(struct timer **slot, struct timer *t)
{
	t->next = *slot;
	t->link = slot;
	if (t->next)
		t->next->link = &t->next;
	*slot = t;
}

static void unlink_timer(struct timer *t)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	t->next = NULL;
	t->link = NULL;
}

void wheel_start(struct wheel *w, int64_t now_ms)
{
	memset(w, 0, sizeof *w);
	w->tick = now_ms / WHEEL_TICK_MS;
}

bool timer_is_set(const struct timer *t)
{
	return t->link != NULL;
}

void wheel_drop(struct wheel *w, struct timer *t)
{
	if (!t->link)
		return;
	size_t slot = slot_of(t->tick);
	unlink_timer(t);
	w->count--;
	if (!w->slots[slot])
		w->used[slot / 64] &= ~((uint64_t)1 << (slot % 64));
}

void wheel_set(struct wheel *w, struct timer *t, int64_t at_ms)
{
	wheel_drop(w, t);
	t->tick = (at_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
	if (t->tick <= w->tick)
		t->tick = w->tick + 1; /* never in the slot that is firing, which would not end */
	size_t slot = slot_of(t->tick);
	push(&w->slots[slot], t);
	w->used[slot / 64] |= (uint64_t)1 << (slot % 64);
	w->count++;
}

/* Fires the timers of one slot that are due at this very lap. */
static void fire_slot(struct wheel *w, size_t slot)
{
	struct timer *due = NULL, *t = w->slots[slot];

	/* Onto a list of their own first: what fires may set and drop others of this slot. */
	for (struct timer *next; t; t = next) {
		next = t->next;
		if (t->tick <= w->tick) {
			unlink_timer(t);
			push(&due, t);
		}
	}
	while ((t = due)) {
		/* wheel_drop on one that is still waiting here unlinks it from `due`, so the list stays right. */
		unlink_timer(t);
		w->count--;
		t->fire(t);
	}
	if (!w->slots[slot])
		w->used[slot / 64] &= ~((uint64_t)1 << (slot % 64));
}

void wheel_turn(struct wheel *w, int64_t now_ms)
{
	int64_t now = now_ms / WHEEL_TICK_MS;

	if (now - w->tick > WHEEL_SLOTS) {
		/* after a long sleep one lap finds everything */
		w->tick = now - WHEEL_SLOTS;
	}
	while (w->tick < now) {
		w->tick++;
		size_t slot = slot_of(w->tick);
		if (w->slots[slot])
			fire_slot(w, slot);
	}
}

int64_t wheel_next(const struct wheel *w)
{
	if (w->count == 0)
		return -1;
	for (int64_t tick = w->tick + 1; tick <= w->tick + WHEEL_SLOTS;) {
		size_t slot = slot_of(tick);
		uint64_t bits = w->used[slot / 64] >> (slot % 64);
		if (bits)
			return (tick + __builtin_ctzll(bits)) * WHEEL_TICK_MS;
		tick += (int64_t)(64 - slot % 64);
	}
	return (w->tick + 1) * WHEEL_TICK_MS; /* not reached while count and bits agree */
}
