// SPDX-License-Identifier: Apache-2.0
/*
 * Guest time, and how to turn it back to where the guest was stopped.
 *
 * A guest tells time by the time stamp counter, which is this host's plus an
 * offset, and by KVM's clock. Both are moved by the same amount, since a guest
 * that has both checks one by the other. KVM arms a timer that waits for a
 * value of the counter once, with the offset of that moment: it is armed anew.
 */
#include "clock.h"

#include <linux/kvm.h>

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <x86intrin.h>

#include "log.h"
#include "vcpu.h"
#include "vm.h"

#define MSR_TSC_DEADLINE 0x6e0
#define NS_PER_MS	 1000000
#define PAIR_TRIES	 5

/*
 * KVM's clock and the counter at one moment. Where KVM can not say them
 * together, the counter before and after says how far apart they are, and the
 * closest pair of a few is taken.
 */
int clock_read(const struct vm *vm, struct clock_mark *mark)
{
	uint64_t closest = UINT64_MAX;

	for (int i = 0; i < PAIR_TRIES; i++) {
		struct kvm_clock_data data = { .flags = 0 };
		uint64_t before = __rdtsc(), after;

		if (ioctl(vm->fd, KVM_GET_CLOCK, &data))
			return log_error("KVM_GET_CLOCK: %s", strerror(errno));
		after = __rdtsc();
		if (data.flags & KVM_CLOCK_HOST_TSC)
			before = after = data.host_tsc;
		if (after - before < closest) {
			closest = after - before;
			mark->tsc = before + closest / 2;
			mark->kvm_ns = data.clock;
		}
	}
	return 0;
}

static int set_kvm_clock(const struct vm *vm, uint64_t ns)
{
	struct kvm_clock_data data = { .clock = ns };

	if (ioctl(vm->fd, KVM_SET_CLOCK, &data))
		return log_error("KVM_SET_CLOCK: %s", strerror(errno));
	return 0;
}

static int shift_tsc(const struct vcpu *vcpu, uint64_t cycles)
{
	uint64_t offset;
	struct kvm_device_attr attr = { .group = KVM_VCPU_TSC_CTRL,
					.attr = KVM_VCPU_TSC_OFFSET,
					.addr = (uintptr_t)&offset };

	if (ioctl(vcpu->fd, KVM_GET_DEVICE_ATTR, &attr))
		return -1;
	offset -= cycles;
	return ioctl(vcpu->fd, KVM_SET_DEVICE_ATTR, &attr);
}

/* Sets the counter back, and the timer for what is now a later moment. */
static int turn_back_vcpu(const struct vcpu *vcpu, uint64_t cycles)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} deadline = { .head.nmsrs = 1, .entry.index = MSR_TSC_DEADLINE };
	bool armed = ioctl(vcpu->fd, KVM_GET_MSRS, &deadline) == 1 &&
		     deadline.entry.data;

	if (shift_tsc(vcpu, cycles))
		return log_error("vCPU %u: cannot set its time stamp counter: %s",
				 vcpu->id, strerror(errno));
	if (armed && ioctl(vcpu->fd, KVM_SET_MSRS, &deadline) != 1)
		return log_error("vCPU %u: cannot set its timer: %s", vcpu->id,
				 strerror(errno));
	/* Fails where the guest does not use KVM's clock: nobody to tell. */
	ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0);
	return 0;
}

int64_t clock_turn_back(const struct vm *vm, const struct clock_mark *mark)
{
	uint64_t khz = ioctl(vm->vcpu[0].fd, KVM_GET_TSC_KHZ, 0);
	uint64_t seen_ns, cycles;
	struct clock_mark now;

	if (set_kvm_clock(vm, mark->kvm_ns) || clock_read(vm, &now))
		return -1;
	/* What passed since set_kvm_clock() is guest time on both clocks. */
	seen_ns = now.kvm_ns - mark->kvm_ns;
	cycles = now.tsc - mark->tsc - seen_ns * khz / NS_PER_MS;
	for (unsigned int i = 0; i < vm->cpus; i++)
		if (turn_back_vcpu(&vm->vcpu[i], cycles))
			return -1;
	return (__int128)cycles * NS_PER_MS / khz;
}
