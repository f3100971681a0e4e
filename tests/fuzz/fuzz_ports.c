// SPDX-License-Identifier: Apache-2.0
/*
 * vmm/devices/: a guest that reads and writes ports as it likes, by single and
 * string instructions of any width, while bytes come from outside.
 */
#include "../../vmm/devices/ports.c"
#include "../../vmm/devices/power.c"
#include "../../vmm/devices/serial.c"

#include "vmm_log.h"

#define COUNT_MAX 64

static bool line;

static void set_irq(void *context, bool level)
{
	(void)context;
	/* Only when it changes. */
	must(level != line);
	line = level;
}

static void transmit(void *context, const uint8_t *bytes, size_t count)
{
	(void)context;
	must(bytes && count);
}

static void nothing(void *context)
{
	(void)context;
}

/* The line is up while there is a reason that the guest wants to hear of. */
static void check_serial(const struct serial *serial)
{
	must(serial->irq == line);
	must(line == (pending(serial) != UART_IIR_NO_INT));
	must(!(serial->ier & ~0x0f) && !(serial->mcr & ~0x1f));
	must(serial->rx_count <= SERIAL_RX_BYTES && serial->rx_head < SERIAL_RX_BYTES);
}

static void receive(struct serial *serial, struct input *in)
{
	uint8_t bytes[SERIAL_RX_BYTES + 8] = { 0 };
	size_t size = in_u8(in) % sizeof(bytes), room = SERIAL_RX_BYTES - serial->rx_count, took;

	in_bytes(in, bytes, 4);
	took = serial_receive(serial, bytes, size);
	must(took == (size < room ? size : room));
}

static void run_access(const struct port_table *table, struct input *in)
{
	static const uint16_t ports[] = { PORT_SERIAL, PORT_SERIAL, PORT_PIT, PORT_PIT_GATE,
					  PORT_KEYBOARD, PORT_POWER, 0xfff8, 0 };
	uint8_t how = in_u8(in), where = in_u8(in);
	struct port_access access = {
		.port = ports[where >> 4 & 7] + (where & 15) - 4,
		.size = (uint8_t)(1 << how % 3),
		.count = how & 0x20 ? in_u8(in) % COUNT_MAX : 1,
		.out = how & 0x40,
	};
	size_t size = access.size * access.count, i;

	/* Of its exact size, so that writing past it is caught. */
	access.data = malloc(size ? size : 1);
	in_bytes(in, access.data, size);
	ports_run(table, &access);
	/* A port where nobody is reads as ones. */
	for (i = 0; i < size && !access.out && access.port >= 0x10 && access.port < 0x30; i++)
		must(access.data[i] == 0xff);
	free(access.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct serial_host host = { NULL, set_irq, transmit, nothing };
	struct power power = { NULL, nothing, nothing };
	struct input in = { data, size };
	struct port_table table = { .used = 0 };
	struct serial serial;
	const struct port_range ranges[] = {
		{ PORT_SERIAL, PORT_SERIAL_COUNT, &serial_ops, &serial },
		{ PORT_PIT, PORT_PIT_COUNT, &power_absent_timer_ops, NULL },
		{ PORT_PIT_GATE, 1, &power_absent_timer_ops, NULL },
		{ PORT_KEYBOARD, 1, &power_keyboard_ops, &power },
		{ PORT_POWER, PORT_POWER_COUNT, &power_ops, &power },
	};
	unsigned int i;

	line = false;
	serial_init(&serial, &host);
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		must(ports_add(&table, &ranges[i]) == 0);
	while (in.left) {
		if (in_u8(&in) % 8 == 0)
			receive(&serial, &in);
		else
			run_access(&table, &in);
		check_serial(&serial);
	}
	pthread_mutex_destroy(&serial.lock);
	return 0;
}
