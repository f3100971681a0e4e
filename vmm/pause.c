// SPDX-License-Identifier: Apache-2.0
/*
 * A guest that stands still: its vCPUs are held out of KVM_RUN, and its time
 * is turned back when they go on. So it sees no gap: no watchdog of its kernel
 * finds that a processor was stuck, and no timer is late.
 *
 * A vCPU that waits for a page can not leave the kernel before the page has
 * come. It runs no guest code, which is all that standing still takes; but
 * its time can be turned back, and the others be let go, only afterwards.
 */
#include "pause.h"

#include <inttypes.h>
#include <time.h>

#include "log.h"
#include "vcpu.h"
#include "vm.h"

static uint64_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

void pause_begin(struct pause *pause, enum pause_reason reason)
{
	if (reason == PAUSE_STALL && !(pause->reasons & PAUSE_STALL)) {
		pause->stalled_at = now_seconds();
		log_note("memory has not come for a second; the guest stands still until it does");
	}
	pause->reasons |= reason;
	if (pause->held)
		return;
	vcpu_hold_all(pause->vm);
	pause->held = true;
	pause->marked = !clock_read(pause->vm, &pause->mark);
}

void pause_end(struct pause *pause, enum pause_reason reason)
{
	if (reason == PAUSE_STALL && pause->reasons & PAUSE_STALL)
		log_note("memory comes again after %" PRIu64 " s",
			 pause_stalled(pause));
	pause->reasons &= ~reason;
	pause_settle(pause);
}

void pause_settle(struct pause *pause)
{
	int64_t unseen = -1;

	if (!pause->held || pause->reasons || !vcpu_all_out(pause->vm))
		return;
	if (pause->marked)
		unseen = clock_turn_back(pause->vm, &pause->mark);
	if (unseen > 0)
		pause->behind_ns += unseen;
	pause->held = false;
	vcpu_release_all(pause->vm);
}

uint64_t pause_stalled(const struct pause *pause)
{
	/* It is told after a second. */
	if (pause->reasons & PAUSE_STALL)
		return now_seconds() - pause->stalled_at + 1;
	return 0;
}
