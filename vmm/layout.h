/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything stands in the guest: one page to look at when a guest
 * address has to be understood. RAM is everything up to the hole and
 * everything from 4 GiB on; the first MiB follows the PC's habits because
 * Linux still looks there.
 */
#ifndef SSI_VMM_LAYOUT_H
#define SSI_VMM_LAYOUT_H

/* RAM ends here at the latest; interrupt controllers live in the hole. */
#define GUEST_HOLE_START 0xc0000000ULL
#define GUEST_HOLE_END	 0x100000000ULL

/* Low memory, written before the guest starts. */
#define GUEST_GDT	0x500ULL
#define GUEST_ZERO_PAGE 0x7000ULL
#define GUEST_PML4	0x9000ULL
#define GUEST_PDPT	0xa000ULL
#define GUEST_PD	0xb000ULL /* four pages: 4 GiB in 2 MiB steps */
#define GUEST_CMDLINE	0x20000ULL
#define GUEST_LOW_END	0x9fc00ULL
#define GUEST_ACPI	0xe0000ULL
#define GUEST_ACPI_END	0xf0000ULL
#define GUEST_RESET	0xffff0ULL /* where a PC's firmware starts */
#define GUEST_HIGH	0x100000ULL

/* Interrupt controllers, where KVM and every PC have them. */
#define GUEST_IOAPIC 0xfec00000ULL
#define GUEST_LAPIC  0xfee00000ULL

/* Pages Intel hosts need for themselves: in the hole, never in guest RAM. */
#define GUEST_IDENTITY_MAP 0xfffbc000ULL
#define GUEST_TSS	   0xfffbd000ULL

/* Ports. */
#define PORT_SERIAL	   0x3f8
#define PORT_SERIAL_COUNT  8
#define PORT_PIT	   0x40
#define PORT_PIT_COUNT	   4
#define PORT_PIT_GATE	   0x61
#define PORT_KEYBOARD	   0x64
#define PORT_POWER	   0x600
#define PORT_SLEEP_CONTROL (PORT_POWER + 0)
#define PORT_SLEEP_STATUS  (PORT_POWER + 1)
#define PORT_RESET	   (PORT_POWER + 2)
#define PORT_POWER_COUNT   4

#define GSI_SERIAL 4
#define GSI_COUNT  24 /* pins of the I/O APIC */

/* What ACPI names and the power device understands. */
#define SLEEP_TYPE_S5 5
#define RESET_VALUE   0x42

/* More needs 32-bit interrupt destinations, which KVM's I/O APIC lacks. */
#define GUEST_MAX_CPUS 254

#define KIB 1024ULL
#define MIB (1024ULL * KIB)
#define GIB (1024ULL * MIB)

#endif
