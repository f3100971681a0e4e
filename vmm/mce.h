/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_MCE_H
#define SSI_VMM_MCE_H

#include <stdbool.h>
#include <stdint.h>

struct kvm_x86_mce;

/**
 * mce_choose_cap() - the machine check abilities a vCPU shall have
 * @kvm_fd: descriptor of /dev/kvm
 * @amd:    the processor is AMD's
 *
 * Return: an IA32_MCG_CAP value, 0 when this KVM has no machine checks.
 */
uint64_t mce_choose_cap(int kvm_fd, bool amd);

/**
 * mce_setup_vcpu() - give a vCPU its machine check banks
 * @vcpu_fd: the vCPU
 * @mcg_cap: what mce_choose_cap() returned
 *
 * Return: 0, or -1 after a report.
 */
int mce_setup_vcpu(int vcpu_fd, uint64_t mcg_cap);

/**
 * mce_build() - the machine check for a lost page the processor wanted to use
 * @mce:   filled in
 * @gpa:   an address in the lost page
 * @amd:   code it as AMD processors do
 * @local: the other processors are not told (Intel's local machine check)
 */
void mce_build(struct kvm_x86_mce *mce, uint64_t gpa, bool amd, bool local);

/**
 * struct mce_error - a memory error a vCPU has met
 * @gpa: page of the guest it was met at
 * @rip: where the guest was
 * @met: there is one
 */
struct mce_error {
	uint64_t gpa;
	uint64_t rip;
	bool met;
};

/**
 * mce_is_access() - whether the guest itself wants the lost page right now
 * @last:    the error met before on this vCPU, none after a true
 * @vcpu_fd: the vCPU, stopped
 * @gpa:     guest physical address of the page
 *
 * A vCPU that may go on while KVM fetches a page for it does, and when that
 * fails the error is told wherever the guest is by then; a machine check there
 * hits what never touched the page. An instruction that wants the page meets
 * the error as often as it is tried, so it is believed the second time in a row.
 *
 * Return: true, or false: let the vCPU run.
 */
bool mce_is_access(struct mce_error *last, int vcpu_fd, uint64_t gpa);

/**
 * mce_inject() - tell the guest that a page it touches is lost
 * @vcpu_fd: the vCPU that touched it, stopped
 * @gpa:     guest physical address of the page
 * @amd:     the processor is AMD's
 *
 * A guest in user mode loses the process; in kernel mode it decides itself.
 *
 * Return: 0, or -1 after a report.
 */
int mce_inject(int vcpu_fd, uint64_t gpa, bool amd);

#endif
