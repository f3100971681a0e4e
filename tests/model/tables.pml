/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the tables that ssi.pml decides by, as its own indices find them in
 * there; run compares that with what kmod/core says.
 */
#include "coh_table.pml"

int a;
int b;
int c;
int d;

/* @cell: how ssi.pml finds a, b, c and d in the table */
#define PRINT(name, table, most_a, most_b, most_c, most_d, cell) \
	for (a : 0 .. (most_a) - 1) { \
		for (b : 0 .. (most_b) - 1) { \
			for (c : 0 .. (most_c) - 1) { \
				for (d : 0 .. (most_d) - 1) { \
					printf(name); \
					printf(" %d %d %d %d: %d\n", a, b, c, \
					       d, table[cell]) \
				} \
			} \
		} \
	}

#define ASKS 4
#define PERMS 4
#define BY_STATE(table) \
	PRINT(#table, table, STATES, EVENTS, 1, 1, \
	      a * EVENTS + b)
#define BY_ENTRY(table) \
	PRINT(#table, table, ENTRIES, ASKS, SLOTS, 1, \
	      (a * 4 + b) * SLOTS + c)
#define BY_ONE(table, most) \
	PRINT(#table, table, most, 1, 1, 1, a)

init
{
	BY_STATE(coh_next);
	BY_STATE(coh_act);
	BY_STATE(coh_perm);
	BY_ENTRY(dir_reply);
	BY_ENTRY(dir_grant);
	BY_ENTRY(dir_forward);
	BY_ENTRY(dir_ends);
	BY_ENTRY(dir_owner);
	BY_ENTRY(dir_acks);
	BY_ENTRY(dir_invalidate);
	PRINT("dir_local", dir_local, ENTRIES, ASKS, SLOTS, SLOTS,
	      ((a * 4 + b) * SLOTS + c) * SLOTS + d);
	PRINT("dir_finish", dir_finish, ENTRIES, ASKS, SLOTS,
	      PERMS, ((a * 4 + b) * SLOTS + c) * 4 + d);
	PRINT("build_report", build_report, BUILDS, SLOTS,
	      REPORT_NONE, 1, (a * SLOTS + b) * REPORT_NONE + c);
	BY_ONE(build_settle, BUILDS);
	BY_ONE(build_adopt, BUILDS);
	BY_ONE(perm_event, PERMS);
	BY_ONE(grant_event, GRANT_LOST + 1);
	BY_ONE(forward_event, MSG_MAX);
	BY_ONE(rest_event, EVENTS + 1);
	BY_ONE(state_perm, STATES);
	PRINT("report_kind", report_kind, STATES, 2, 2, 1,
	      (a * 2 + b) * 2 + c)
}
