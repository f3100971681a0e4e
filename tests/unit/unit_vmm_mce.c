// SPDX-License-Identifier: Apache-2.0
#include "unit_vmm_common.h"

#include <linux/kvm.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* A vCPU is somewhere, or does not say. */
static uint64_t rip;
static int regs_error;

static int fake_ioctl(int fd, unsigned long request, struct kvm_regs *regs)
{
	(void)fd;
	ck_assert_uint_eq(request, KVM_GET_REGS);
	regs->rip = rip;
	return regs_error;
}

#define ioctl(fd, request, argument) fake_ioctl(fd, request, (void *)(argument))
#include "../../vmm/mce.c"

static struct mce_error last;

static bool access_at(uint64_t at, uint64_t gpa)
{
	rip = at;
	return mce_is_access(&last, 5, gpa);
}

START_TEST(mce_build__intel)
{
	struct kvm_x86_mce mce;

	mce_build(&mce, 0x12345000, false, true);
	/* Recoverable, action required: VAL UC EN MISCV ADDRV S AR, data load. */
	ck_assert_uint_eq(mce.status, 0xbd80000000000134);
	ck_assert_uint_eq(mce.mcg_status, 0xf);
	ck_assert_uint_eq(mce.addr, 0x12345000);
	ck_assert_uint_eq(mce.misc, 0x8c);
	mce_build(&mce, 0x12345000, false, false);
	ck_assert_uint_eq(mce.mcg_status, 0x7);
}
END_TEST

START_TEST(mce_build__amd)
{
	struct kvm_x86_mce mce;

	mce_build(&mce, 4096, true, false);
	/* VAL UC EN MISCV ADDRV, poison consumed, data load; no PCC. */
	ck_assert_uint_eq(mce.status, 0xbc00080000000134);
	ck_assert_uint_eq(mce.mcg_status, 0x7);
	ck_assert_uint_lt(mce.bank, BANKS);
}
END_TEST

START_TEST(mce_is_access__is_tried_again)
{
	ck_assert(!access_at(0x1000, 0x5000));
	ck_assert(access_at(0x1000, 0x5000));
	/* The next one begins anew. */
	ck_assert(!access_at(0x1000, 0x5000));
	ck_assert(access_at(0x1000, 0x5000));
}
END_TEST

/* KVM gives up fetching a page while the guest is somewhere else. */
START_TEST(mce_is_access__not_what_kvm_fetches)
{
	ck_assert(!access_at(0x9000, 0x5000));
	ck_assert(!access_at(0x1000, 0x5000));
	ck_assert(!access_at(0x9000, 0x6000));
	ck_assert(!access_at(0x1000, 0x5000));
	ck_assert(access_at(0x1000, 0x5000));
}
END_TEST

START_TEST(mce_is_access__another_page)
{
	ck_assert(!access_at(0x1000, 0x5000));
	ck_assert(!access_at(0x1000, 0x6000));
	ck_assert(access_at(0x1000, 0x6000));
}
END_TEST

START_TEST(mce_is_access__registers_unknown)
{
	regs_error = -1;
	ck_assert(access_at(0x1000, 0x5000));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		mce_build__intel,
		mce_build__amd,
		mce_is_access__is_tried_again,
		mce_is_access__not_what_kvm_fetches,
		mce_is_access__another_page,
		mce_is_access__registers_unknown,
		NULL,
	};

	return run_tests("vmm_mce", tests);
}
