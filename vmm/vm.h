/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_VM_H
#define SSI_VMM_VM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/ports.h"
#include "devices/power.h"
#include "devices/serial.h"

struct guest_mem;
struct kvm_cpuid2;
struct vcpu;
struct vmm_cfg;

/** enum vm_outcome - how a guest's life ended; the first one counts */
enum vm_outcome {
	VM_RUNNING,
	VM_POWER_OFF,
	VM_RESET,
	VM_FAILED,
};

/**
 * struct vm - one guest
 * @kvm_fd:	  /dev/kvm
 * @fd:		  the virtual machine
 * @run_bytes:	  size of a vCPU's shared page
 * @mem:	  guest RAM; belongs to the caller of vm_create()
 * @cpuid:	  what KVM offers on this host
 * @amd:	  the host's processor is AMD's or Hygon's
 * @tsc_deadline: the local APIC has the TSC deadline timer
 * @mcg_cap:	  machine check abilities given to each vCPU
 * @ports:	  devices by port
 * @serial:	  the console
 * @power:	  power-off and reset registers
 * @cpus:	  number of vCPUs
 * @vcpu:	  the vCPUs
 * @wake_fd:	  eventfd: the outcome was set, the console can take input, or a
 *		  vCPU that is held has left KVM_RUN
 * @outcome:	  set once by vm_finish()
 * @stopping:	  vCPU threads shall end
 * @held:	  vCPU threads shall stay out of KVM_RUN; changed under @hold_lock
 * @hold_lock:	  for @hold_cond
 * @hold_cond:	  a thread has left KVM_RUN while @held, or need not stay out
 *
 * Everything but @ports' devices and what comes from @outcome on is constant
 * once the vCPUs run.
 */
struct vm {
	int kvm_fd;
	int fd;
	int run_bytes;
	const struct guest_mem *mem;
	struct kvm_cpuid2 *cpuid;
	bool amd;
	bool tsc_deadline;
	uint64_t mcg_cap;
	struct port_table ports;
	struct serial serial;
	struct power power;
	unsigned int cpus;
	struct vcpu *vcpu;
	int wake_fd;
	atomic_int outcome;
	atomic_bool stopping;
	atomic_bool held;
	pthread_mutex_t hold_lock;
	pthread_cond_t hold_cond;
};

/**
 * vm_open_kvm() - open /dev/kvm and see that it can do what is needed
 * @vm:	  filled in: @vm->kvm_fd and what the host can do
 * @cpus: number of vCPUs wanted
 *
 * Return: 0, -1 after a report, -2 when @cpus is more than this host can.
 */
int vm_open_kvm(struct vm *vm, unsigned int cpus);

/**
 * vm_create() - make the virtual machine: RAM, interrupt controllers, devices
 * @vm:	 after vm_open_kvm()
 * @mem: guest RAM
 *
 * Return: 0, or -1 after a report.
 */
int vm_create(struct vm *vm, const struct guest_mem *mem);

/**
 * vm_wake() - let the main loop look at the guest
 * @vm: the guest
 *
 * Any thread may call it.
 */
void vm_wake(struct vm *vm);

/**
 * vm_finish() - end the guest with an outcome
 * @vm:	     the guest
 * @outcome: how; ignored when there is one already
 *
 * Any thread may call it. The main loop wakes up and stops the vCPUs.
 *
 * Return: true when this outcome is the one that counts.
 */
bool vm_finish(struct vm *vm, enum vm_outcome outcome);

/**
 * vm_destroy() - give everything back
 * @vm: after vm_open_kvm(), whatever came after; vCPU threads must have ended
 */
void vm_destroy(struct vm *vm);

#endif
