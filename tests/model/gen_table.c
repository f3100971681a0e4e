// SPDX-License-Identifier: Apache-2.0
/*
 * Prints the decisions of kmod/core as Promela: ssi.pml includes them, so that
 * the model can not decide otherwise than the module does.
 *
 * A directory entry of three slots is one number: 0 before the first grant,
 * else 1 + 8 * owner + sharers.
 */
#include <ctype.h>
#include <stdio.h>
#include "core/coh.h"
#include "core/dir.h"

#define SLOTS	3u
#define ENTRIES (1 + 8 * SLOTS)
#define REFUSED 255

static const char *const asks[SSI_ASK_MAX] = {
	"READ", "WRITE", "UPGRADE", "EVICT",
};

static const char *const perms[SSI_PERM_MAX] = {
	"NONE", "SHARED", "OWNED", "SOLE",
};

static const char *const grants[SSI_GRANT_MAX] = {
	"KEEP", "UPGRADE", "GONE", "RETRY", "LOST",
};

static void define(const char *prefix, const char *name, unsigned int value)
{
	printf("#define %s_", prefix);
	for (; *name; name++)
		putchar(*name == '-' ? '_' : toupper(*name));
	printf(" %u\n", value);
}

static void print_names(void)
{
	unsigned int i;

	for (i = 0; i < SSI_STATE_MAX; i++)
		define("ST", ssi_state_name(i), i);
	for (i = 0; i < SSI_EVENT_MAX; i++)
		define("EV", ssi_event_name(i), i);
	for (i = 1; i < SSI_MSG_MAX; i++)
		define("MSG", ssi_msg_name((u8)i), i);
	for (i = 0; i < SSI_ASK_MAX; i++)
		define("ASK", asks[i], i);
	for (i = 0; i < SSI_PERM_MAX; i++)
		define("PERM", perms[i], i);
	for (i = 0; i < SSI_GRANT_MAX; i++)
		define("GRANT", grants[i], i);
	define("ACT", "HIT", SSI_ACT_HIT);
	define("ACT", "ZERO", SSI_ACT_ZERO);
	define("ACT", "ASK-READ", SSI_ACT_ASK_READ);
	define("ACT", "ASK-WRITE", SSI_ACT_ASK_WRITE);
	define("ACT", "ASK-COPY", SSI_ACT_ASK_COPY);
	define("ACT", "PROTECT", SSI_ACT_PROTECT);
	define("ACT", "UNMAP", SSI_ACT_UNMAP);
	define("ACT", "INSTALL", SSI_ACT_INSTALL);
	define("ACT", "DATA", SSI_ACT_DATA);
	define("ACT", "ZEROES", SSI_ACT_ZEROES);
	define("ACT", "ACK", SSI_ACT_ACK);
	define("ACT", "POISON", SSI_ACT_POISON);
	define("ACT", "BUG", SSI_ACT_BUG);
	printf("#define EVENTS %u\n#define REFUSED %u\n", SSI_EVENT_MAX,
	       REFUSED);
}

/* ---- the table of a page on a node ---- */

static unsigned int coh_next(const struct ssi_step *step)
{
	return step->next;
}

static unsigned int coh_perm(const struct ssi_step *step)
{
	return step->perm;
}

static unsigned int coh_act(const struct ssi_step *step)
{
	return step->act;
}

static void print_coh(const char *name,
		      unsigned int (*field)(const struct ssi_step *step))
{
	const char *between = "";
	unsigned int i;

	printf("hidden int %s[%u] = {", name, SSI_STATE_MAX * SSI_EVENT_MAX);
	for (i = 0; i < SSI_STATE_MAX * SSI_EVENT_MAX; i++) {
		printf("%s%u", between, field(ssi_coh_step(i / SSI_EVENT_MAX,
							   i % SSI_EVENT_MAX)));
		between = ", ";
	}
	printf("}\n");
}

/* ---- the directory ---- */

static struct ssi_dir entry_of(unsigned int number)
{
	struct ssi_dir dir = {};

	if (number) {
		dir.owned = 1;
		dir.owner = (u8)((number - 1) / 8);
		dir.sharers = (number - 1) % 8;
	}
	return dir;
}

static unsigned int number_of(const struct ssi_dir *dir)
{
	return dir->owned ? 1 + 8 * dir->owner + dir->sharers : 0;
}

static unsigned int plan_reply(const struct ssi_plan *plan)
{
	return plan->reply;
}

static unsigned int plan_grant(const struct ssi_plan *plan)
{
	return plan->grant;
}

static unsigned int plan_forward(const struct ssi_plan *plan)
{
	return plan->forward;
}

static unsigned int plan_ends(const struct ssi_plan *plan)
{
	return plan->ends;
}

static unsigned int plan_owner(const struct ssi_plan *plan)
{
	return plan->owner;
}

static unsigned int plan_acks(const struct ssi_plan *plan)
{
	return plan->acks;
}

static unsigned int plan_invalidate(const struct ssi_plan *plan)
{
	return plan->invalidate;
}

/* By entry, then ask, then slot of the requester. */
static void print_plan(const char *name,
		       unsigned int (*field)(const struct ssi_plan *plan))
{
	const unsigned int size = ENTRIES * SSI_ASK_MAX * SLOTS;
	const char *between = "";
	struct ssi_plan plan;
	struct ssi_dir dir;
	unsigned int i;

	printf("hidden int %s[%u] = {", name, size);
	for (i = 0; i < size; i++) {
		dir = entry_of(i / SLOTS / SSI_ASK_MAX);
		plan = ssi_dir_decide(&dir, i / SLOTS % SSI_ASK_MAX, i % SLOTS);
		printf("%s%u", between, field(&plan));
		between = ", ";
	}
	printf("}\n");
}

/* By entry, ask, slot, and what DONE tells. */
static void print_finish(void)
{
	const unsigned int size = ENTRIES * SSI_ASK_MAX * SLOTS * SSI_PERM_MAX;
	const char *between = "";
	struct ssi_dir dir;
	unsigned int i;
	bool ok;

	printf("hidden int dir_finish[%u] = {", size);
	for (i = 0; i < size; i++) {
		dir = entry_of(i / SSI_PERM_MAX / SLOTS / SSI_ASK_MAX);
		ok = ssi_dir_finish(&dir, i / SSI_PERM_MAX / SLOTS % SSI_ASK_MAX,
				    i / SSI_PERM_MAX % SLOTS, i % SSI_PERM_MAX);
		printf("%s%u", between, ok ? number_of(&dir) : REFUSED);
		between = ", ";
	}
	printf("}\n");
}

int main(void)
{
	print_names();
	print_coh("coh_next", coh_next);
	print_coh("coh_act", coh_act);
	print_coh("coh_perm", coh_perm);
	print_plan("dir_reply", plan_reply);
	print_plan("dir_grant", plan_grant);
	print_plan("dir_forward", plan_forward);
	print_plan("dir_ends", plan_ends);
	print_plan("dir_owner", plan_owner);
	print_plan("dir_acks", plan_acks);
	print_plan("dir_invalidate", plan_invalidate);
	print_finish();
	return 0;
}
