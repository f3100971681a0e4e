/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_MEM_H
#define SSI_VMM_MEM_H

#include <stdbool.h>
#include <stdint.h>

struct vmm_cfg;

/**
 * struct guest_mem - guest RAM in this process
 * @base:  start of the mapping, aligned to 2 MiB
 * @bytes: size of RAM
 * @fd:    the region's file, -1 when there is none
 *
 * RAM is one mapping; guest addresses from 4 GiB on continue where the part
 * below the hole ends.
 */
struct guest_mem {
	uint8_t *base;
	uint64_t bytes;
	int fd;
};

/**
 * mem_open() - map guest RAM from the region or backend the options name
 * @mem: filled in
 * @cfg: the options
 *
 * A region must have exactly the size of --memory, when that is given: a
 * guest that sees less than the region would waste it, more would crash.
 *
 * Return: 0, or -1 after a report.
 */
int mem_open(struct guest_mem *mem, const struct vmm_cfg *cfg);

/**
 * mem_close() - unmap guest RAM, close the region's file
 * @mem: what mem_open() filled in
 */
void mem_close(struct guest_mem *mem);

/** mem_low_bytes() - bytes of RAM below the hole */
uint64_t mem_low_bytes(const struct guest_mem *mem);

/**
 * mem_at() - where guest RAM stands in this process
 * @mem:   guest RAM
 * @gpa:   guest physical address
 * @bytes: length of the range
 *
 * Return: a pointer, or NULL when the range is not RAM from end to end.
 */
void *mem_at(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes);

/**
 * mem_to_gpa() - the guest physical address of an address in this process
 * @mem:  guest RAM
 * @addr: address in this process
 * @gpa:  the guest physical address
 *
 * Return: false when @addr is not in guest RAM.
 */
bool mem_to_gpa(const struct guest_mem *mem, const void *addr, uint64_t *gpa);

#endif
