// SPDX-License-Identifier: Apache-2.0
/*
 * Power-off and reset. The FADT names the ACPI registers; the keyboard
 * controller's pulse is what kernels without ACPI try.
 */
#include "power.h"

#include "../layout.h"

#define SLEEP_ENABLE	 (1 << 5)
#define SLEEP_TYPE(v)	 ((v) >> 2 & 7)
#define KEYBOARD_RESET	 0xfe

static uint8_t read_zero(void *device, uint16_t offset)
{
	(void)device;
	(void)offset;
	return 0;
}

static void ignore(void *device, uint16_t offset, uint8_t value)
{
	(void)device;
	(void)offset;
	(void)value;
}

static void write_power(void *device, uint16_t offset, uint8_t value)
{
	struct power *p = device;

	switch (PORT_POWER + offset) {
	case PORT_SLEEP_CONTROL:
		if (value & SLEEP_ENABLE && SLEEP_TYPE(value) == SLEEP_TYPE_S5)
			p->power_off(p->context);
		break;
	case PORT_RESET:
		if (value == RESET_VALUE)
			p->reset(p->context);
		break;
	}
}

static void write_keyboard(void *device, uint16_t offset, uint8_t value)
{
	struct power *p = device;

	(void)offset;
	if (value == KEYBOARD_RESET)
		p->reset(p->context);
}

const struct port_ops power_ops = { .in = read_zero, .out = write_power };

/* Status 0: input buffer empty, so a guest writes the pulse without waiting. */
const struct port_ops power_keyboard_ops = { .in = read_zero,
					     .out = write_keyboard };

/*
 * A guest that calibrates against the old timer would wait for a bit to fall;
 * reading zero makes the calibration fail at once.
 */
const struct port_ops power_absent_timer_ops = { .in = read_zero,
						 .out = ignore };
