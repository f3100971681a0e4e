// SPDX-License-Identifier: Apache-2.0
/*
 * What a worker of stress.c does to a page. This runs in programs and, as it
 * is, on the processors of guests: it needs no library. What is shared is volatile
 * and so is the log: accesses are in the order in which they stand here, since
 * x86 does not change it, wherever the worker is killed.
 */
#include "stress.h"

#define GOLDEN 0x9e3779b97f4a7c15u
/* A reader that is overtaken by writers so often goes on. */
#define LOOKS_MAX 4

static bool is_wrong(struct wrong *wrong, const char *what, size_t offset,
		     uint64_t seen, uint64_t expected)
{
	wrong->what = what;
	wrong->offset = (uint32_t)offset;
	wrong->seen = seen;
	wrong->expected = expected;
	return false;
}

/* xorshift64*; never 0. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1du >> 16;
}

/* ---- counters ---- */

static bool counter_went_back(struct worker *w, uint32_t number, uint64_t seen)
{
	w->wrong.page = number;
	return is_wrong(&w->wrong, "the counter went back",
			offsetof(struct page, counter), seen,
			w->log->entry[number].counter);
}

static bool check_counter(struct worker *w, uint32_t number)
{
	uint64_t now = w->region[number].counter;

	if (now < w->log->entry[number].counter)
		return counter_went_back(w, number, now);
	w->log->entry[number].counter = now;
	return true;
}

/* Another page says how far the counter is: see whether it looks so from here. */
static bool check_note(struct worker *w, uint32_t number, uint64_t count)
{
	struct entry *entry = &w->log->entry[number];

	if (entry->counter < count)
		entry->counter = count;
	return check_counter(w, number);
}

/* ---- bodies ---- */

/* The first word of a body; each one behind it is more by the same. */
static uint64_t body_start(const struct page *page, uint32_t number,
			   uint64_t version)
{
	uint64_t mixed = ((uint64_t)number << 40 ^ version << 8 ^ page->writer) *
			 GOLDEN;

	mixed ^= page->count * (GOLDEN - 2);
	return mixed ^ mixed >> 29;
}

/**
 * stress_check_body() - is the body what its header says?
 * @page:    to look at
 * @number:  of it
 * @version: which is not odd
 * @wrong:   set, if not
 *
 * What is wrong is wrong only if the version is the same afterwards.
 *
 * Return: true if it is.
 */
bool stress_check_body(const struct page *page, uint32_t number, uint64_t version,
		       struct wrong *wrong)
{
	/* A body that nobody wrote is zero. */
	uint64_t expected = version ? body_start(page, number, version) : 0, seen;
	unsigned int i;

	for (i = 0; i < BODY_WORDS; i++) {
		seen = page->body[i];
		if (seen != expected)
			return is_wrong(wrong, "the body does not fit its header",
					offsetof(struct page, body[i]), seen,
					expected);
		expected += version ? GOLDEN : 0;
	}
	return true;
}

/* Read as anybody may, without the lock. */
static bool look(struct worker *w, struct page *page, struct entry *entry)
{
	uint64_t version, count;
	struct wrong torn = {};
	bool fits;
	int i;

	for (i = 0; i < LOOKS_MAX; i++) {
		version = page->version;
		if (version < entry->version)
			return is_wrong(&w->wrong, "the version went back",
					offsetof(struct page, version), version,
					entry->version);
		entry->version = version;
		if (version & 1)
			continue;
		count = page->count;
		fits = stress_check_body(page, w->log->page, version, &torn);
		if (page->version != version)
			continue;
		if (!fits) {
			torn.page = w->log->page;
			w->wrong = torn;
			return false;
		}
		w->log->looks++;
		return check_note(w, stress_partner(w->log->page, w->hot), count);
	}
	return true;
}

static void fill(struct worker *w, struct page *page, struct entry *entry,
		 uint64_t version)
{
	uint32_t partner = stress_partner(w->log->page, w->hot);
	unsigned int i;
	uint64_t word;

	page->version = version - 1;
	page->writer = w->me + 1;
	page->count = w->log->entry[partner].counter;
	word = body_start(page, w->log->page, version);
	for (i = 0; i < BODY_WORDS; i++, word += GOLDEN)
		page->body[i] = word;
	page->version = version;
	entry->version = version;
	entry->written = version;
	page->lock = 0;
}

/* Nobody waits for the lock: its holder may be killed. */
static bool write_body(struct worker *w, struct page *page, struct entry *entry)
{
	uint64_t free = 0;

	if (!__atomic_compare_exchange_n(&page->lock, &free, w->me + 1, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return look(w, page, entry);
	if (page->version & 1)
		return is_wrong(&w->wrong, "a free page has an odd version",
				offsetof(struct page, version), page->version,
				entry->version);
	if (!look(w, page, entry))
		return false;
	fill(w, page, entry, entry->version + 2);
	return true;
}

/* ---- words ---- */

static bool check_word(struct worker *w, const struct page *page,
		       struct entry *entry, uint32_t other)
{
	uint64_t now = page->word[other];

	if (other == w->me ? now != entry->word[other] : now < entry->word[other])
		return is_wrong(&w->wrong, other == w->me ?
				"the word is not the last written" :
				"another's word went back",
				offsetof(struct page, word[other]), now,
				entry->word[other]);
	entry->word[other] = now;
	return true;
}

/* It may be the first access, and so one that takes the page from another node. */
static bool increment(struct worker *w, struct page *page, struct entry *entry)
{
	uint64_t before = __atomic_fetch_add(&page->counter, 1, __ATOMIC_SEQ_CST);

	entry->increments++;
	if (before < entry->counter)
		return counter_went_back(w, w->log->page, before);
	entry->counter = before + 1;
	return true;
}

static bool write_word(struct worker *w, struct page *page, struct entry *entry)
{
	if (!check_word(w, page, entry, w->me))
		return false;
	page->word[w->me] = entry->word[w->me] + 1;
	entry->word[w->me]++;
	return true;
}

/* ---- visits ---- */

static bool act(struct worker *w, struct page *page, struct entry *entry)
{
	switch (w->log->act) {
	case ACT_LOOK:
		return look(w, page, entry);
	case ACT_INCREMENT:
		return increment(w, page, entry);
	case ACT_WORD:
		return write_word(w, page, entry);
	case ACT_BODY:
		return write_body(w, page, entry);
	}
	return true;
}

/* Half of all visits go to the few hot pages. */
static uint32_t choose_page(const struct worker *w, uint64_t random)
{
	uint32_t cold = w->pages - w->hot;

	if (random & 1 || !cold)
		return (uint32_t)((random >> 16) % w->hot);
	return w->hot + (uint32_t)((random >> 16) % cold);
}

/**
 * stress_visit() - do something to a page, and check it
 * @w: the worker; page and act follow from its log's random state alone
 *
 * Return: false if something is wrong.
 */
bool stress_visit(struct worker *w)
{
	static const uint8_t acts[] = {
		ACT_INCREMENT, ACT_WORD, ACT_INCREMENT, ACT_BODY,
		ACT_INCREMENT, ACT_WORD, ACT_LOOK, ACT_LOOK,
	};
	uint64_t random = next_random(&w->log->random);
	uint32_t number = choose_page(w, random);
	struct entry *entry = &w->log->entry[number];
	struct page *page = &w->region[number];
	bool right;

	w->wrong.page = number;
	w->log->page = number;
	w->log->act = acts[random >> 1 & 7];
	right = act(w, page, entry);
	w->log->act = ACT_NONE;
	w->log->visits++;
	return right && check_counter(w, number) &&
	       check_word(w, page, entry, w->me) &&
	       check_word(w, page, entry, (random >> 8) % w->workers);
}

/**
 * stress_resume() - settle what the worker was doing when it was killed
 * @w: the worker, with the log of the one that was killed
 *
 * Return: false if something is wrong.
 */
bool stress_resume(struct worker *w)
{
	uint32_t number = w->log->page;
	struct entry *entry = &w->log->entry[number];
	struct page *page = &w->region[number];

	w->wrong.page = number;
	if (w->log->act == ACT_INCREMENT)
		entry->unsure++;
	if (w->log->act == ACT_WORD && page->word[w->me] == entry->word[w->me] + 1)
		entry->word[w->me]++;
	if (w->log->act == ACT_BODY && page->lock == w->me + 1)
		fill(w, page, entry, (page->version | 1) + 3);
	w->log->act = ACT_NONE;
	return check_word(w, page, entry, w->me);
}
