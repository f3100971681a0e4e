/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_ACPI_TABLES_H
#define SSI_VMM_ACPI_TABLES_H

#include <stddef.h>
#include <stdint.h>

/**
 * acpi_build() - write all ACPI tables
 * @to:	  where they go in this process
 * @room: bytes there
 * @gpa:  where the guest sees @to
 * @cpus: number of vCPUs
 *
 * The root pointer stands first, so its guest address is @gpa.
 *
 * Return: bytes used, or 0 when @room does not suffice.
 */
size_t acpi_build(uint8_t *to, size_t room, uint64_t gpa, unsigned int cpus);

#endif
