// SPDX-License-Identifier: Apache-2.0
/* The port table, and power-off and reset behind it. */
#include "unit_vmm_common.h"

#include "../../vmm/devices/ports.c"
#include "../../vmm/devices/power.c"

static uint8_t registers[4];

static uint8_t register_in(void *device, uint16_t offset)
{
	return ((uint8_t *)device)[offset];
}

static void register_out(void *device, uint16_t offset, uint8_t value)
{
	((uint8_t *)device)[offset] = value;
}

static const struct port_ops register_ops = { .in = register_in,
					      .out = register_out };

static struct port_table table_with_registers(void)
{
	struct port_table table = { .used = 0 };
	const struct port_range range = { 0x100, 4, &register_ops, registers };

	memset(registers, 0, sizeof(registers));
	ck_assert_int_eq(ports_add(&table, &range), 0);
	return table;
}

static void run(const struct port_table *table, uint16_t port, uint8_t size,
		bool write, uint8_t *data)
{
	const struct port_access access = { .port = port, .size = size,
					    .count = 1, .out = write,
					    .data = data };

	ports_run(table, &access);
}

START_TEST(ports_run__nobody_answers)
{
	struct port_table table = table_with_registers();
	uint32_t value = 0;

	run(&table, 0x80, 4, false, (uint8_t *)&value);
	ck_assert_uint_eq(value, 0xffffffff);
	run(&table, 0x80, 4, true, (uint8_t *)&value);
}
END_TEST

START_TEST(ports_run__wide_access_at_the_edge)
{
	struct port_table table = table_with_registers();
	uint32_t value = 0x44332211;

	run(&table, 0x102, 4, true, (uint8_t *)&value);
	ck_assert_uint_eq(registers[2], 0x11);
	ck_assert_uint_eq(registers[3], 0x22);
	value = 0;
	run(&table, 0x102, 4, false, (uint8_t *)&value);
	ck_assert_uint_eq(value, 0xffff2211);
	run(&table, 0xff, 2, false, (uint8_t *)&value);
	ck_assert_uint_eq(value & 0xffff, 0x00ff);
}
END_TEST

START_TEST(ports_run__last_port_does_not_wrap)
{
	struct port_table table = table_with_registers();
	const struct port_range first = { 0, 1, &register_ops, registers };
	uint16_t value = 0;

	ck_assert_int_eq(ports_add(&table, &first), 0);
	registers[0] = 7;
	run(&table, 0xffff, 1, false, (uint8_t *)&value);
	ck_assert_uint_eq(value, 0xff);
}
END_TEST

START_TEST(ports_run__string)
{
	struct port_table table = table_with_registers();
	uint8_t data[] = { 1, 2, 3 };
	const struct port_access access = { .port = 0x101, .size = 1, .count = 3,
					    .out = true, .data = data };

	ports_run(&table, &access);
	ck_assert_uint_eq(registers[0], 0);
	ck_assert_uint_eq(registers[1], 3);
	ck_assert_uint_eq(registers[2], 0);
}
END_TEST

START_TEST(ports_add__refuses)
{
	struct port_table table = table_with_registers();
	struct port_range range = { 0x103, 2, &register_ops, registers };

	ck_assert_int_eq(ports_add(&table, &range), -1);
	ck_assert_said("already taken");
	range.first = 0xfe;
	range.count = 3;
	ck_assert_int_eq(ports_add(&table, &range), -1);
	range.count = 1;
	for (range.first = 0x200; table.used < PORT_RANGES_MAX; range.first++)
		ck_assert_int_eq(ports_add(&table, &range), 0);
	ck_assert_int_eq(ports_add(&table, &range), -1);
	ck_assert_said("no room");
}
END_TEST

static int offs, resets;

static void count_off(void *context)
{
	(void)context;
	offs++;
}

static void count_reset(void *context)
{
	(void)context;
	resets++;
}

static struct power counting = { .power_off = count_off, .reset = count_reset };

START_TEST(power_ops__only_the_right_values)
{
	int off_values = 0, reset_values = 0;

	offs = resets = 0;
	for (int value = 0; value < 256; value++) {
		power_ops.out(&counting, 0, value);
		if ((value & 0x20) && (value >> 2 & 7) == SLEEP_TYPE_S5)
			off_values++;
		ck_assert_int_eq(offs, off_values);
		power_ops.out(&counting, 1, value);
		ck_assert_int_eq(resets, reset_values);
		power_ops.out(&counting, 2, value);
		reset_values += value == RESET_VALUE;
		ck_assert_int_eq(resets, reset_values);
		power_ops.out(&counting, 3, value);
	}
	ck_assert_int_gt(offs, 0);
	ck_assert_int_eq(resets, 1);
	ck_assert_uint_eq(power_ops.in(&counting, 1), 0);
}
END_TEST

START_TEST(power_keyboard_ops__pulse)
{
	offs = resets = 0;
	for (int value = 0; value < 256; value++)
		power_keyboard_ops.out(&counting, 0, value);
	ck_assert_int_eq(resets, 1);
	ck_assert_int_eq(offs, 0);
	ck_assert_uint_eq(power_keyboard_ops.in(&counting, 0), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		ports_run__nobody_answers,
		ports_run__wide_access_at_the_edge,
		ports_run__last_port_does_not_wrap,
		ports_run__string,
		ports_add__refuses,
		power_ops__only_the_right_values,
		power_keyboard_ops__pulse,
		NULL,
	};

	return run_tests("vmm_ports", tests);
}
