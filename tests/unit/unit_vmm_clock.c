// SPDX-License-Identifier: Apache-2.0
#include "unit_vmm_common.h"

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <x86intrin.h>

/*
 * A KVM of two vCPUs: a counter of 2 MHz that goes on by ten ticks with every
 * call, and a clock made from it. Descriptor 100 is the guest, 0 and 1 are
 * vCPUs.
 */
static struct {
	uint64_t tsc, clock_offset;
	uint64_t tsc_offset[2], deadline[2];
	uint64_t armed_at_offset[2];
	int told;
	bool tells_tsc, refuses_offset;
} kvm;

static uint64_t kvm_clock(void)
{
	return kvm.tsc * 500 + kvm.clock_offset;
}

static int vm_ioctl(unsigned long request, struct kvm_clock_data *data)
{
	if (request == KVM_SET_CLOCK) {
		kvm.clock_offset += data->clock - kvm_clock();
		return 0;
	}
	memset(data, 0, sizeof(*data));
	data->clock = kvm_clock();
	data->flags = kvm.tells_tsc ? KVM_CLOCK_HOST_TSC : 0;
	data->host_tsc = kvm.tells_tsc ? kvm.tsc : 0;
	return 0;
}

static int attr_ioctl(int cpu, unsigned long request,
		      const struct kvm_device_attr *attr)
{
	uint64_t *offset = (void *)(uintptr_t)attr->addr;

	if (attr->group != KVM_VCPU_TSC_CTRL || attr->attr != KVM_VCPU_TSC_OFFSET)
		return -1;
	if (request == KVM_GET_DEVICE_ATTR)
		*offset = kvm.tsc_offset[cpu];
	else if (kvm.refuses_offset)
		return -1;
	else
		kvm.tsc_offset[cpu] = *offset;
	return 0;
}

static int msr_ioctl(int cpu, unsigned long request, struct kvm_msrs *msrs)
{
	if (msrs->nmsrs != 1 || msrs->entries[0].index != 0x6e0)
		return -1;
	if (request == KVM_GET_MSRS) {
		msrs->entries[0].data = kvm.deadline[cpu];
	} else {
		kvm.deadline[cpu] = msrs->entries[0].data;
		kvm.armed_at_offset[cpu] = kvm.tsc_offset[cpu];
	}
	return 1;
}

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
	kvm.tsc += 10;
	switch (request) {
	case KVM_GET_CLOCK:
	case KVM_SET_CLOCK:
		ck_assert_int_eq(fd, 100);
		return vm_ioctl(request, argument);
	case KVM_GET_DEVICE_ATTR:
	case KVM_SET_DEVICE_ATTR:
		return attr_ioctl(fd, request, argument);
	case KVM_GET_MSRS:
	case KVM_SET_MSRS:
		return msr_ioctl(fd, request, argument);
	case KVM_GET_TSC_KHZ:
		return 2000;
	case KVM_KVMCLOCK_CTRL:
		kvm.told++;
		return 0;
	default:
		ck_abort_msg("unexpected ioctl %#lx", request);
	}
}

static uint64_t fake_rdtsc(void)
{
	return ++kvm.tsc;
}

#define ioctl(fd, request, argument) \
	fake_ioctl(fd, request, (void *)(uintptr_t)(argument))
#define __rdtsc fake_rdtsc
#include "../../vmm/clock.c"
#undef ioctl

static struct vcpu vcpus[2] = { { .id = 0, .fd = 0 }, { .id = 1, .fd = 1 } };

static struct vm fresh(bool tells_tsc)
{
	memset(&kvm, 0, sizeof(kvm));
	kvm.tsc = 1000000;
	kvm.tells_tsc = tells_tsc;
	kvm.tsc_offset[0] = -900000ull;
	kvm.tsc_offset[1] = -900000ull;
	kvm.deadline[0] = 123456;
	return (struct vm){ .fd = 100, .cpus = 2, .vcpu = vcpus };
}

static uint64_t guest_tsc(int cpu)
{
	return kvm.tsc + kvm.tsc_offset[cpu];
}

/* Both clocks go on from where they stood, as far apart as they were. */
static void turn_back(bool tells_tsc, unsigned int tolerance)
{
	struct vm vm = fresh(tells_tsc);
	uint64_t tsc = guest_tsc(0), ns = kvm_clock();
	int64_t apart = ns - tsc * 500, unseen;
	struct clock_mark mark;

	ck_assert_int_eq(clock_read(&vm, &mark), 0);
	kvm.tsc += 80000000;
	unseen = clock_turn_back(&vm, &mark);
	ck_assert_int_ge(unseen, 40000000000);
	ck_assert_int_lt(unseen, 40000000000 + 1000 * 500);
	ck_assert_uint_ge(guest_tsc(0), tsc);
	ck_assert_uint_lt(guest_tsc(0), tsc + 1000);
	ck_assert_uint_eq(guest_tsc(0), guest_tsc(1));
	ck_assert_uint_ge(kvm_clock(), ns);
	apart -= kvm_clock() - guest_tsc(0) * 500;
	ck_assert_int_le(llabs(apart), tolerance * 500);
}

START_TEST(clock_turn_back__kvm_tells_the_counter)
{
	turn_back(true, 0);
}
END_TEST

START_TEST(clock_turn_back__kvm_tells_its_clock_only)
{
	/* Half of what lies between the two readings of the counter, twice. */
	turn_back(false, 12);
}
END_TEST

/* A timer is armed after the counter was set, and only where it was armed. */
START_TEST(clock_turn_back__timers)
{
	struct vm vm = fresh(true);
	struct clock_mark mark;

	ck_assert_int_eq(clock_read(&vm, &mark), 0);
	kvm.tsc += 80000000;
	ck_assert_int_ge(clock_turn_back(&vm, &mark), 0);
	ck_assert_uint_eq(kvm.deadline[0], 123456);
	ck_assert_uint_eq(kvm.armed_at_offset[0], kvm.tsc_offset[0]);
	ck_assert_uint_eq(kvm.armed_at_offset[1], 0);
	ck_assert_int_eq(kvm.told, 2);
}
END_TEST

START_TEST(clock_turn_back__refused)
{
	struct vm vm = fresh(true);
	struct clock_mark mark;

	ck_assert_int_eq(clock_read(&vm, &mark), 0);
	kvm.refuses_offset = true;
	ck_assert_int_eq(clock_turn_back(&vm, &mark), -1);
	ck_assert_said("cannot set its time stamp counter");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		clock_turn_back__kvm_tells_the_counter,
		clock_turn_back__kvm_tells_its_clock_only,
		clock_turn_back__timers,
		clock_turn_back__refused,
		NULL,
	};

	return run_tests("vmm_clock", tests);
}
