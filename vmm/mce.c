// SPDX-License-Identifier: Apache-2.0
/*
 * Lost pages. When a node dies, pages of which it held the only copy are
 * poisoned: touching one is a memory error, and the guest learns of it as real
 * hardware would tell, by a recoverable machine check with the address.
 */
#include "mce.h"

#include <linux/kvm.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>

#include "log.h"

#define BANKS	    10
#define BANK	    9 /* one that no processor model gives another meaning */
#define PAGE_SHIFT  12

/* IA32_MCG_CAP: control register, recovery, local machine checks. */
#define MCG_CTL_P  (1ULL << 8)
#define MCG_SER_P  (1ULL << 24)
#define MCG_LMCE_P (1ULL << 27)

/* IA32_MCG_STATUS. */
#define MCG_RIPV  (1ULL << 0)
#define MCG_EIPV  (1ULL << 1)
#define MCG_MCIP  (1ULL << 2)
#define MCG_LMCES (1ULL << 3)

/* IA32_MCi_STATUS. */
#define MCI_VAL	   (1ULL << 63)
#define MCI_UC	   (1ULL << 61)
#define MCI_EN	   (1ULL << 60)
#define MCI_MISCV  (1ULL << 59)
#define MCI_ADDRV  (1ULL << 58)
#define MCI_S	   (1ULL << 56) /* Intel: signalled by machine check */
#define MCI_AR	   (1ULL << 55) /* Intel: action required */
#define MCI_POISON (1ULL << 43) /* AMD: poisoned data was consumed */
#define MCI_DATA_LOAD 0x134	/* cache hierarchy error, data read */

/* IA32_MCi_MISC: a physical address, valid from bit PAGE_SHIFT on. */
#define MISC_PHYSICAL (2ULL << 6 | PAGE_SHIFT)

#define MSR_FEATURE_CONTROL 0x3a
#define FEATURE_LOCKED	    (1ULL << 0)
#define FEATURE_LMCE	    (1ULL << 20)
#define MSR_MCG_EXT_CTL	    0x4d0
#define MCG_EXT_CTL_LMCE_EN (1ULL << 0)

struct one_msr {
	struct kvm_msrs head;
	struct kvm_msr_entry entry;
};

uint64_t mce_choose_cap(int kvm_fd, bool amd)
{
	uint64_t supported = 0;

	if (ioctl(kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_MCE) <= 0 ||
	    ioctl(kvm_fd, KVM_X86_GET_MCE_CAP_SUPPORTED, &supported))
		return 0;
	/* Without LMCE an Intel guest would wait for its other processors. */
	supported &= MCG_CTL_P | MCG_SER_P | (amd ? 0 : MCG_LMCE_P);
	return supported | BANKS;
}

/* Firmware's part of local machine checks: allow them and lock the choice. */
static int allow_lmce(int vcpu_fd)
{
	struct one_msr msr = {
		.head.nmsrs = 1,
		.entry = { .index = MSR_FEATURE_CONTROL,
			   .data = FEATURE_LOCKED | FEATURE_LMCE },
	};

	if (ioctl(vcpu_fd, KVM_SET_MSRS, &msr) != 1)
		return log_error("cannot allow local machine checks: %s",
				 strerror(errno));
	return 0;
}

int mce_setup_vcpu(int vcpu_fd, uint64_t mcg_cap)
{
	if (!mcg_cap)
		return 0;
	if (ioctl(vcpu_fd, KVM_X86_SETUP_MCE, &mcg_cap))
		return log_error("KVM_X86_SETUP_MCE: %s", strerror(errno));
	return mcg_cap & MCG_LMCE_P ? allow_lmce(vcpu_fd) : 0;
}

/* Whether the guest has switched local machine checks on. */
static bool lmce_enabled(int vcpu_fd)
{
	struct one_msr msr = { .head.nmsrs = 1,
			       .entry.index = MSR_MCG_EXT_CTL };

	return ioctl(vcpu_fd, KVM_GET_MSRS, &msr) == 1 &&
	       msr.entry.data & MCG_EXT_CTL_LMCE_EN;
}

void mce_build(struct kvm_x86_mce *mce, uint64_t gpa, bool amd, bool local)
{
	memset(mce, 0, sizeof(*mce));
	mce->bank = BANK;
	mce->addr = gpa;
	mce->misc = MISC_PHYSICAL;
	mce->mcg_status = MCG_MCIP | MCG_RIPV | MCG_EIPV;
	mce->status = MCI_VAL | MCI_UC | MCI_EN | MCI_MISCV | MCI_ADDRV |
		      MCI_DATA_LOAD;
	if (amd)
		mce->status |= MCI_POISON;
	else
		mce->status |= MCI_S | MCI_AR;
	if (local)
		mce->mcg_status |= MCG_LMCES;
}

bool mce_is_access(struct mce_error *last, int vcpu_fd, uint64_t gpa)
{
	struct kvm_regs regs;

	/* Without registers there is no better moment than this. */
	if (ioctl(vcpu_fd, KVM_GET_REGS, &regs) ||
	    (last->met && last->gpa == gpa && last->rip == regs.rip)) {
		last->met = false;
		return true;
	}
	*last = (struct mce_error){ .gpa = gpa, .rip = regs.rip, .met = true };
	return false;
}

int mce_inject(int vcpu_fd, uint64_t gpa, bool amd)
{
	struct kvm_x86_mce mce;

	mce_build(&mce, gpa, amd, !amd && lmce_enabled(vcpu_fd));
	if (ioctl(vcpu_fd, KVM_X86_SET_MCE, &mce))
		return log_error("KVM_X86_SET_MCE for the lost page at %#" PRIx64 ": %s",
				 gpa, strerror(errno));
	log_note("guest page at %#" PRIx64 " is lost; machine check sent to the guest",
		 gpa);
	return 0;
}
