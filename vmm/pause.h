/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_PAUSE_H
#define SSI_VMM_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"

struct vm;

/** enum pause_reason - why a guest stands still; a set */
enum pause_reason {
	PAUSE_USER = 1,	   /* who uses the control socket wants it */
	PAUSE_STALL = 2,   /* its memory does not come */
	PAUSE_SUSPEND = 4, /* this program is about to be suspended */
};

/**
 * struct pause - whether the guest runs; of the main thread
 * @vm:		the guest
 * @reasons:	why it shall not run, enum pause_reason
 * @held:	its vCPUs are held
 * @marked:	@mark was read
 * @mark:	the moment that it stands still at
 * @stalled_at: when PAUSE_STALL was added, seconds of the monotonic clock
 * @behind_ns:	guest time that was not counted, of all pauses that are over
 */
struct pause {
	struct vm *vm;
	unsigned int reasons;
	bool held;
	bool marked;
	struct clock_mark mark;
	uint64_t stalled_at;
	uint64_t behind_ns;
};

/**
 * pause_begin() - a reason not to run
 * @pause:  state
 * @reason: one
 *
 * On return the guest stands still, and so does its time.
 */
void pause_begin(struct pause *pause, enum pause_reason reason);

/**
 * pause_end() - a reason is gone
 * @pause:  state
 * @reason: one; nothing happens when it was not there
 *
 * When it was the last, the guest goes on; where a vCPU thread still waits in
 * the kernel, as soon as pause_settle() sees that it came back.
 */
void pause_end(struct pause *pause, enum pause_reason reason);

/**
 * pause_settle() - let the guest go on if nothing is against it any more
 * @pause: state; to be called when @pause->vm->wake_fd tells
 */
void pause_settle(struct pause *pause);

/** pause_stalled() - for how many seconds memory has not come; 0: it comes */
uint64_t pause_stalled(const struct pause *pause);

#endif
