/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_CLOCK_H
#define SSI_VMM_CLOCK_H

#include <stdint.h>

struct vm;

/**
 * struct clock_mark - a moment, as the clocks show it that guest time is made of
 * @tsc:     this host's time stamp counter
 * @kvm_ns:  KVM's clock of the guest
 */
struct clock_mark {
	uint64_t tsc;
	uint64_t kvm_ns;
};

/**
 * clock_read() - note the moment at which guest time shall stand still
 * @vm:	  the guest; none of its vCPUs runs guest code
 * @mark: filled in
 *
 * Return: 0, or -1 after a report.
 */
int clock_read(const struct vm *vm, struct clock_mark *mark);

/**
 * clock_turn_back() - let guest time go on from where it stood
 * @vm:	  the guest; no vCPU thread is in KVM_RUN
 * @mark: what clock_read() noted
 *
 * Time stamp counters, KVM's clock and the timers that wait for a value of the
 * counter show the guest the moment of the mark; and a guest with KVM's clock
 * is told that it was stopped, so that its watchdogs begin anew.
 *
 * Return: nanoseconds that the guest did not see, or -1 after a report: then
 * the guest sees its clocks jump.
 */
int64_t clock_turn_back(const struct vm *vm, const struct clock_mark *mark);

#endif
