// SPDX-License-Identifier: Apache-2.0
/*
 * Prints the decisions of kmod/core: as Promela, which ssi.pml includes, so
 * that the model can not decide otherwise than the module does; or as lines,
 * which tables.pml prints of the Promela as well:
 *
 *	gen_table promela | lines
 *
 * A directory entry of three slots is one number: 0 before the first grant,
 * else 1 + 8 * owner + sharers; or LOST. One that is being built of reports is
 * another: 4 * (8 * (owner + 1, or 0) + sharers) + the state of what nobody owns.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/coh.h"
#include "core/dir.h"

#define SLOTS	3u
#define LOST	(1 + 8 * SLOTS)
#define ENTRIES (1 + LOST)
#define BUILDS	(4 * 8 * (1 + SLOTS))
#define REFUSED 255u

static const char *const asks[SSI_ASK_MAX] = {
	"READ", "WRITE", "UPGRADE", "EVICT",
};

static const char *const perms[SSI_PERM_MAX] = {
	"NONE", "SHARED", "OWNED", "SOLE",
};

static const char *const grants[SSI_GRANT_MAX] = {
	"KEEP", "UPGRADE", "GONE", "RETRY", "LOST",
};

static const char *const reports[SSI_REPORT_MAX] = {
	"OWNED", "SHARED", "KNOWN", "LOST", "RELEASED",
};

static const char *const steps[SSI_CHANGE_MAX + 1] = {
	"FREEZE", "SETTLE", "DRAIN", "REPORT", "BUILD", "ADOPT", "COMMIT",
	"ABORT", "NONE",
};

/* ---- entries and numbers ---- */

static struct ssi_dir entry_of(unsigned int number)
{
	struct ssi_dir dir = {};

	if (number == LOST) {
		dir.state = SSI_DIR_LOST;
	} else if (number) {
		dir.state = SSI_DIR_OWNED;
		dir.owner = (u8)((number - 1) / 8);
		dir.sharers = (number - 1) % 8;
	}
	return dir;
}

static unsigned int number_of(const struct ssi_dir *dir)
{
	/* No end of a transaction: what is lost is never busy. */
	if (!ssi_dir_is_owned(dir) && dir->sharers)
		return REFUSED;
	if (ssi_dir_is_lost(dir))
		return LOST;
	return ssi_dir_is_owned(dir) ? 1 + 8 * dir->owner + dir->sharers : 0;
}

static struct ssi_dir build_of(unsigned int number)
{
	struct ssi_dir dir = {
		.state = number % 4,
		.sharers = number / 4 % 8,
	};

	if (number / 32) {
		dir.state = SSI_DIR_OWNED;
		dir.owner = (u8)(number / 32 - 1);
	}
	return dir;
}

static unsigned int build_number(const struct ssi_dir *dir)
{
	if (ssi_dir_is_owned(dir))
		return 4 * (8 * (dir->owner + 1u) + dir->sharers);
	return 4u * dir->sharers + dir->state;
}

/* ---- what the tables hold; indices are those of the model ---- */

static unsigned int coh_next(const unsigned int *at)
{
	return ssi_coh_step(at[0], at[1])->next;
}

static unsigned int coh_act(const unsigned int *at)
{
	return ssi_coh_step(at[0], at[1])->act;
}

static unsigned int coh_perm(const unsigned int *at)
{
	return ssi_coh_step(at[0], at[1])->perm;
}

static struct ssi_plan plan_at(const unsigned int *at)
{
	struct ssi_dir dir = entry_of(at[0]);

	return ssi_dir_decide(&dir, at[1], at[2]);
}

static unsigned int dir_reply(const unsigned int *at)
{
	return plan_at(at).reply;
}

static unsigned int dir_grant(const unsigned int *at)
{
	return plan_at(at).grant;
}

static unsigned int dir_forward(const unsigned int *at)
{
	return plan_at(at).forward;
}

static unsigned int dir_ends(const unsigned int *at)
{
	return plan_at(at).ends;
}

static unsigned int dir_owner(const unsigned int *at)
{
	return plan_at(at).owner;
}

static unsigned int dir_acks(const unsigned int *at)
{
	return plan_at(at).acks;
}

static unsigned int dir_invalidate(const unsigned int *at)
{
	return plan_at(at).invalidate;
}

/* The last index is the home's slot. */
static unsigned int dir_local(const unsigned int *at)
{
	struct ssi_plan plan = plan_at(at);

	return ssi_dir_is_local(&plan, at[3], at[2]);
}

static unsigned int dir_finish(const unsigned int *at)
{
	struct ssi_dir dir = entry_of(at[0]);

	return ssi_dir_finish(&dir, at[1], at[2], at[3]) ? number_of(&dir) :
							   REFUSED;
}

static unsigned int build_report(const unsigned int *at)
{
	struct ssi_dir dir = build_of(at[0]);

	ssi_dir_report(&dir, at[1], at[2]);
	return build_number(&dir);
}

static unsigned int build_settle(const unsigned int *at)
{
	struct ssi_dir dir = build_of(at[0]);

	ssi_dir_settle(&dir);
	return number_of(&dir);
}

/* Slot plus 1 of who adopts. */
static unsigned int build_adopt(const unsigned int *at)
{
	struct ssi_dir dir = build_of(at[0]);
	struct ssi_finding finding = ssi_dir_settle(&dir);

	return finding.adopt ? finding.owner + 1u : 0;
}

static unsigned int perm_event(const unsigned int *at)
{
	return ssi_coh_perm_event(at[0]);
}

static unsigned int grant_event(const unsigned int *at)
{
	return ssi_coh_grant_event(at[0]);
}

static unsigned int forward_event(const unsigned int *at)
{
	return ssi_coh_forward_event(at[0]);
}

static unsigned int rest_event(const unsigned int *at)
{
	return ssi_coh_rest_event(at[0]);
}

static unsigned int state_perm(const unsigned int *at)
{
	return ssi_coh_state_perm(at[0]);
}

static unsigned int report_kind(const unsigned int *at)
{
	return ssi_coh_report(at[0], at[1], at[2]);
}

#define INDICES 4

/* Unused indices have the size 1. */
static const struct {
	const char *name;
	unsigned int (*value)(const unsigned int *at);
	unsigned int sizes[INDICES];
} tables[] = {
	{ "coh_next", coh_next, { SSI_STATE_MAX, SSI_EVENT_MAX, 1, 1 } },
	{ "coh_act", coh_act, { SSI_STATE_MAX, SSI_EVENT_MAX, 1, 1 } },
	{ "coh_perm", coh_perm, { SSI_STATE_MAX, SSI_EVENT_MAX, 1, 1 } },
	{ "dir_reply", dir_reply, { ENTRIES, SSI_ASK_MAX, SLOTS, 1 } },
	{ "dir_grant", dir_grant, { ENTRIES, SSI_ASK_MAX, SLOTS, 1 } },
	{ "dir_forward", dir_forward, { ENTRIES, SSI_ASK_MAX, SLOTS, 1 } },
	{ "dir_ends", dir_ends, { ENTRIES, SSI_ASK_MAX, SLOTS, 1 } },
	{ "dir_owner", dir_owner, { ENTRIES, SSI_ASK_MAX, SLOTS, 1 } },
	{ "dir_acks", dir_acks, { ENTRIES, SSI_ASK_MAX, SLOTS, 1 } },
	{ "dir_invalidate", dir_invalidate,
	  { ENTRIES, SSI_ASK_MAX, SLOTS, 1 } },
	{ "dir_local", dir_local, { ENTRIES, SSI_ASK_MAX, SLOTS, SLOTS } },
	{ "dir_finish", dir_finish,
	  { ENTRIES, SSI_ASK_MAX, SLOTS, SSI_PERM_MAX } },
	{ "build_report", build_report, { BUILDS, SLOTS, SSI_REPORT_MAX, 1 } },
	{ "build_settle", build_settle, { BUILDS, 1, 1, 1 } },
	{ "build_adopt", build_adopt, { BUILDS, 1, 1, 1 } },
	{ "perm_event", perm_event, { SSI_PERM_MAX, 1, 1, 1 } },
	{ "grant_event", grant_event, { SSI_GRANT_MAX, 1, 1, 1 } },
	{ "forward_event", forward_event, { SSI_MSG_MAX, 1, 1, 1 } },
	{ "rest_event", rest_event, { SSI_EVENT_MAX + 1, 1, 1, 1 } },
	{ "state_perm", state_perm, { SSI_STATE_MAX, 1, 1, 1 } },
	{ "report_kind", report_kind, { SSI_STATE_MAX, 2, 2, 1 } },
};

/* ---- Promela ---- */

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
	define("MSG", "MAX", SSI_MSG_MAX);
	for (i = 0; i < SSI_ASK_MAX; i++)
		define("ASK", asks[i], i);
	for (i = 0; i < SSI_PERM_MAX; i++)
		define("PERM", perms[i], i);
	for (i = 0; i < SSI_GRANT_MAX; i++)
		define("GRANT", grants[i], i);
	for (i = 0; i < SSI_REPORT_MAX; i++)
		define("REPORT", reports[i], i);
	for (i = 0; i <= SSI_CHANGE_MAX; i++)
		define("CHANGE", steps[i], i);
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
	define("EV", "NONE", SSI_EVENT_MAX);
	define("REPORT", "NONE", SSI_REPORT_MAX);
	define("DIR", "LOST", LOST);
	printf("#define STATES %u\n#define EVENTS %u\n#define ENTRIES %u\n",
	       SSI_STATE_MAX, SSI_EVENT_MAX, ENTRIES);
	printf("#define BUILDS %u\n#define SLOTS %u\n#define REFUSED %u\n",
	       BUILDS, SLOTS, REFUSED);
}

static unsigned int cells(const unsigned int *sizes)
{
	return sizes[0] * sizes[1] * sizes[2] * sizes[3];
}

/* The last index goes fastest. */
static void index_of(const unsigned int *sizes, unsigned int cell,
		     unsigned int *at)
{
	unsigned int i = INDICES;

	while (i--) {
		at[i] = cell % sizes[i];
		cell /= sizes[i];
	}
}

static void print_arrays(void)
{
	unsigned int i, cell, at[INDICES];

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		printf("hidden int %s[%u] = {", tables[i].name,
		       cells(tables[i].sizes));
		for (cell = 0; cell < cells(tables[i].sizes); cell++) {
			index_of(tables[i].sizes, cell, at);
			printf("%s%u", cell ? ", " : "", tables[i].value(at));
		}
		printf("}\n");
	}
}

/* ---- lines ---- */

static void print_line(unsigned int table, const unsigned int *at)
{
	printf("%s %u %u %u %u: %u\n", tables[table].name, at[0], at[1], at[2],
	       at[3], tables[table].value(at));
}

/* The next cell; false behind the last. Does not share a mistake of index_of(). */
static bool advance(const unsigned int *sizes, unsigned int *at)
{
	unsigned int i = INDICES;

	while (i--) {
		if (++at[i] < sizes[i])
			return true;
		at[i] = 0;
	}
	return false;
}

static void print_lines(void)
{
	unsigned int i, at[INDICES] = {};

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		do {
			print_line(i, at);
		} while (advance(tables[i].sizes, at));
	}
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "promela")) {
		print_names();
		print_arrays();
	} else if (!strcmp(what, "lines")) {
		print_lines();
	} else {
		return 2;
	}
	return 0;
}
