// SPDX-License-Identifier: Apache-2.0
#include "names.h"

const char *const ssi_counter_name[SSI_MEM_S_MAX + 1] = {
	[SSI_MEM_S_FAULTS_LOCAL] = "faults_local",
	[SSI_MEM_S_FAULTS_FIRST] = "faults_first",
	[SSI_MEM_S_FAULTS_READ] = "faults_read",
	[SSI_MEM_S_FAULTS_WRITE] = "faults_write",
	[SSI_MEM_S_UPGRADES] = "upgrades",
	[SSI_MEM_S_JOINED] = "joined",
	[SSI_MEM_S_RETRIES] = "retries",
	[SSI_MEM_S_OWNER_CHANGES] = "owner_changes",
	[SSI_MEM_S_INVALIDATIONS] = "invalidations",
	[SSI_MEM_S_DOWNGRADES] = "downgrades",
	[SSI_MEM_S_PAGES_SENT] = "pages_sent",
	[SSI_MEM_S_ZEROES_SENT] = "zeroes_sent",
	[SSI_MEM_S_EVICTIONS] = "evictions",
	[SSI_MEM_S_DROPS] = "drops",
	[SSI_MEM_S_EVICT_ABORTS] = "evict_aborts",
	[SSI_MEM_S_SERVED] = "served",
	[SSI_MEM_S_FORWARDS] = "forwards",
	[SSI_MEM_S_HELD] = "held",
	[SSI_MEM_S_PINNED] = "pinned",
	[SSI_MEM_S_RANGE_GRANTS] = "range_grants",
	[SSI_MEM_S_DUPLICATES] = "duplicates",
	[SSI_MEM_S_REPLAYS] = "replays",
	[SSI_MEM_S_STALE] = "stale",
	[SSI_MEM_S_MALFORMED] = "malformed",
	[SSI_MEM_S_BLANKS_SENT] = "blanks_sent",
	[SSI_MEM_S_PREFETCH_ASKED] = "prefetch_asked",
	[SSI_MEM_S_PREFETCH_USED] = "prefetch_used",
	[SSI_MEM_S_PREFETCH_LATE] = "prefetch_late",
	[SSI_MEM_S_PREFETCH_UNUSED] = "prefetch_unused",
	[SSI_MEM_S_PREFETCH_REFUSED] = "prefetch_refused",
};

const char *const ssi_phase_name[SSI_MEM_HIST_PHASE_MAX + 1] = {
	[SSI_MEM_HIST_PHASE_TOTAL] = "total",	[SSI_MEM_HIST_PHASE_ANSWER] = "answer",
	[SSI_MEM_HIST_PHASE_ACKS] = "acks",	[SSI_MEM_HIST_PHASE_WAKE] = "wake",
	[SSI_MEM_HIST_PHASE_QUEUE] = "queue",	[SSI_MEM_HIST_PHASE_UNMAP] = "unmap",
	[SSI_MEM_HIST_PHASE_HOLD] = "hold",	[SSI_MEM_HIST_PHASE_SERVE] = "serve",
};

const char *const ssi_kind_name[SSI_MEM_HIST_KIND_MAX + 1] = {
	[SSI_MEM_HIST_KIND_READ] = "read",
	[SSI_MEM_HIST_KIND_WRITE] = "write",
	[SSI_MEM_HIST_KIND_UPGRADE] = "upgrade",
	[SSI_MEM_HIST_KIND_FIRST] = "first",
	[SSI_MEM_HIST_KIND_EVICT] = "evict",
	[SSI_MEM_HIST_KIND_INVALIDATE] = "invalidate",
};

const char *const ssi_page_state_name[SSI_MEM_PAGE_STATE_MAX + 1] = {
	[SSI_MEM_PAGE_STATE_INVALID] = "invalid",
	[SSI_MEM_PAGE_STATE_POISONED] = "poisoned",
	[SSI_MEM_PAGE_STATE_UNTOUCHED] = "untouched",
	[SSI_MEM_PAGE_STATE_SHARED] = "shared",
	[SSI_MEM_PAGE_STATE_OWNED] = "owned",
	[SSI_MEM_PAGE_STATE_SOLE] = "sole",
};
