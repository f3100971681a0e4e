/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_DEVICES_POWER_H
#define SSI_VMM_DEVICES_POWER_H

#include "ports.h"

/**
 * struct power - the registers by which a guest ends itself
 * @context:   handed back in each call
 * @power_off: the guest asked for ACPI state S5
 * @reset:     the guest asked for a reset
 */
struct power {
	void *context;
	void (*power_off)(void *context);
	void (*reset)(void *context);
};

/** power_ops - sleep control, sleep status and reset, from PORT_POWER on */
extern const struct port_ops power_ops;

/** power_keyboard_ops - the reset pulse of a keyboard controller */
extern const struct port_ops power_keyboard_ops;

/** power_absent_timer_ops - reads as zero where a PC has its old timer */
extern const struct port_ops power_absent_timer_ops;

#endif
