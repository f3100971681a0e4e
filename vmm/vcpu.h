/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_VCPU_H
#define SSI_VMM_VCPU_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mce.h"

struct boot_plan;
struct kvm_run;
struct vm;

/**
 * struct vcpu - one virtual processor and its thread
 * @vm:	       its guest
 * @id:	       its number and APIC id
 * @fd:	       KVM's descriptor
 * @run:       page shared with KVM
 * @thread:    its thread, when @started
 * @started:   @thread is to be joined
 * @in_guest:  the thread is in KVM_RUN, or about to look whether it may be
 * @poisoned:  the thread touched a lost page while @in_guest
 * @lost_addr: where, in this process
 * @error:     the memory error it met last, while nobody was told of it
 */
struct vcpu {
	struct vm *vm;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
	atomic_bool in_guest;
	volatile sig_atomic_t poisoned;
	void *volatile lost_addr;
	struct mce_error error;
};

/**
 * vcpu_handle_signals() - install the handlers vCPU threads live by
 *
 * To be called before guest memory is touched: a memory error met while the
 * guest is loaded is reported then, too.
 *
 * Return: 0, or -1 after a report.
 */
int vcpu_handle_signals(void);

/**
 * vcpu_create_all() - create the vCPUs of a guest and set their state
 * @vm:	  the guest; @vm->vcpu is filled in
 * @plan: where the kernel was loaded: vCPU 0 starts there, the others wait to
 *	  be started by the guest
 *
 * Return: 0, or -1 after a report.
 */
int vcpu_create_all(struct vm *vm, const struct boot_plan *plan);

/**
 * vcpu_start_all() - start one thread per vCPU
 * @vm: the guest
 *
 * Signals the caller blocks stay blocked in the threads.
 *
 * Return: 0, or -1 after a report.
 */
int vcpu_start_all(struct vm *vm);

/**
 * vcpu_hold_all() - stop all vCPUs, without ending their threads
 * @vm: the guest
 *
 * On return no vCPU runs guest code, and none will before vcpu_release_all().
 * A thread that waits in the kernel for a page may still be there: it leaves
 * when the page has come, and then @vm->wake_fd tells.
 */
void vcpu_hold_all(struct vm *vm);

/** vcpu_all_out() - whether no vCPU thread is in KVM_RUN; after vcpu_hold_all() */
bool vcpu_all_out(const struct vm *vm);

/**
 * vcpu_release_all() - let vCPUs run again
 * @vm: the guest, after vcpu_hold_all()
 */
void vcpu_release_all(struct vm *vm);

/**
 * vcpu_stop_all() - make all vCPU threads end
 * @vm: the guest
 *
 * A thread that waits in the kernel for a page from the network does not
 * answer; it is waited for until a deadline only.
 *
 * Return: threads that are still running. When it is not 0, leave by _exit():
 * the kernel ends such a wait when the process dies.
 */
unsigned int vcpu_stop_all(struct vm *vm);

/**
 * vcpu_destroy_all() - give back what vcpu_create_all() made
 * @vm: the guest; all threads must have ended
 */
void vcpu_destroy_all(struct vm *vm);

#endif
