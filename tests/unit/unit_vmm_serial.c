// SPDX-License-Identifier: Apache-2.0
#include "unit_vmm_common.h"

#include "../../vmm/devices/serial.c"

/* What the port did to its host. */
static char sent[1024];
static size_t sent_count;
static int irq_rises, drains;
static bool line;

static void host_irq(void *context, bool level)
{
	(void)context;
	ck_assert(level != line);
	line = level;
	irq_rises += level;
}

static void host_transmit(void *context, const uint8_t *bytes, size_t count)
{
	(void)context;
	memcpy(sent + sent_count, bytes, count);
	sent_count += count;
	sent[sent_count] = '\0';
}

static void host_drained(void *context)
{
	(void)context;
	drains++;
}

static struct serial port;

static void start(void)
{
	const struct serial_host host = { .set_irq = host_irq,
					  .transmit = host_transmit,
					  .drained = host_drained };

	serial_init(&port, &host);
	sent_count = irq_rises = drains = 0;
	sent[0] = '\0';
	line = false;
}

static uint8_t in(uint16_t offset)
{
	return serial_ops.in(&port, offset);
}

static void out(uint16_t offset, uint8_t value)
{
	serial_ops.out(&port, offset, value);
}

static size_t receive(const char *text)
{
	return serial_receive(&port, (const uint8_t *)text, strlen(text));
}

START_TEST(serial_out__transmits_in_order)
{
	start();
	out(UART_TX, 'o');
	out(UART_TX, 'k');
	ck_assert_str_eq(sent, "ok");
	ck_assert_uint_eq(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	ck_assert_int_eq(irq_rises, 0);
}
END_TEST

START_TEST(serial_out__divisor_is_not_data)
{
	start();
	out(UART_LCR, UART_LCR_DLAB);
	out(UART_DLL, 0x0c);
	out(UART_DLM, 0x34);
	ck_assert_uint_eq(in(UART_DLL), 0x0c);
	ck_assert_uint_eq(in(UART_DLM), 0x34);
	out(UART_LCR, UART_LCR_WLEN8);
	ck_assert_uint_eq(in(UART_IER), 0);
	ck_assert_uint_eq(sent_count, 0);
	ck_assert_uint_eq(in(UART_LCR), UART_LCR_WLEN8);
}
END_TEST

START_TEST(serial_out__transmit_interrupt)
{
	start();
	out(UART_IER, UART_IER_THRI);
	ck_assert(line);
	ck_assert_uint_eq(in(UART_IIR), UART_IIR_THRI);
	/* Reading the reason acknowledges it. */
	ck_assert(!line);
	ck_assert_uint_eq(in(UART_IIR), UART_IIR_NO_INT);
	out(UART_TX, 'x');
	ck_assert(line);
	out(UART_IER, 0);
	ck_assert(!line);
	/* Enabling it again reports the empty transmitter again. */
	out(UART_IER, UART_IER_THRI);
	ck_assert(line);
}
END_TEST

START_TEST(serial_receive__interrupt_until_read)
{
	start();
	ck_assert_uint_eq(receive("ab"), 2);
	ck_assert(!line);
	out(UART_IER, UART_IER_RDI);
	ck_assert(line);
	ck_assert_uint_eq(in(UART_IIR), UART_IIR_RDI);
	ck_assert_uint_eq(in(UART_RX), 'a');
	ck_assert(line);
	ck_assert_int_eq(drains, 0);
	ck_assert_uint_eq(in(UART_RX), 'b');
	ck_assert(!line);
	ck_assert_int_eq(drains, 1);
	ck_assert_uint_eq(in(UART_RX), 0);
	ck_assert_uint_eq(in(UART_LSR) & UART_LSR_DR, 0);
}
END_TEST

START_TEST(serial_receive__reading_comes_before_sending)
{
	start();
	receive("a");
	out(UART_IER, UART_IER_RDI | UART_IER_THRI);
	ck_assert_uint_eq(in(UART_IIR), UART_IIR_RDI);
	in(UART_RX);
	ck_assert(line);
	ck_assert_uint_eq(in(UART_IIR), UART_IIR_THRI);
	ck_assert(!line);
}
END_TEST

START_TEST(serial_receive__takes_what_fits)
{
	char text[SERIAL_RX_BYTES + 11];

	start();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[0] = 'f';
	ck_assert_uint_eq(receive(text), SERIAL_RX_BYTES);
	ck_assert_uint_eq(receive("y"), 0);
	ck_assert_uint_eq(in(UART_LSR) & UART_LSR_OE, 0);
	ck_assert_uint_eq(in(UART_RX), 'f');
	ck_assert_uint_eq(receive("yz"), 1);
	for (int i = 1; i < SERIAL_RX_BYTES; i++)
		ck_assert_uint_eq(in(UART_RX), 'x');
	ck_assert_uint_eq(in(UART_RX), 'y');
	ck_assert_int_eq(drains, 1);
}
END_TEST

START_TEST(serial_fifo__clear)
{
	start();
	out(UART_FCR, UART_FCR_ENABLE_FIFO);
	ck_assert_uint_eq(in(UART_IIR), UART_IIR_NO_INT | IIR_FIFO_ON);
	out(UART_IER, UART_IER_RDI);
	receive("abc");
	ck_assert(line);
	out(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_RCVR);
	ck_assert(!line);
	ck_assert_int_eq(drains, 1);
	ck_assert_uint_eq(in(UART_LSR) & UART_LSR_DR, 0);
}
END_TEST

/* How Linux's 8250 driver tells a port from empty space. */
START_TEST(serial_probe__as_linux_does)
{
	start();
	out(UART_IER, 0);
	ck_assert_uint_eq(in(UART_IER) & 0x0f, 0);
	out(UART_IER, 0x0f);
	ck_assert_uint_eq(in(UART_IER) & 0x0f, 0x0f);
	out(UART_IER, 0);
	out(UART_MCR, UART_MCR_LOOP | UART_MCR_OUT2 | UART_MCR_RTS);
	ck_assert_uint_eq(in(UART_MSR) & 0xf0, 0x90);
	out(UART_MCR, 0);
	ck_assert_uint_eq(in(UART_MSR) & 0xf0, 0xb0);
	out(UART_SCR, 0xa5);
	ck_assert_uint_eq(in(UART_SCR), 0xa5);
}
END_TEST

START_TEST(serial_loop_back__stays_inside)
{
	start();
	out(UART_MCR, UART_MCR_LOOP);
	for (int i = 0; i < SERIAL_RX_BYTES + 1; i++)
		out(UART_TX, 'l');
	ck_assert_uint_eq(sent_count, 0);
	ck_assert_uint_eq(in(UART_RX), 'l');
	/* The last byte did not fit: said once. */
	ck_assert_uint_ne(in(UART_LSR) & UART_LSR_OE, 0);
	ck_assert_uint_eq(in(UART_LSR) & UART_LSR_OE, 0);
}
END_TEST

/* Any order of accesses leaves the line at what the registers say. */
START_TEST(serial_any_order__line_matches_reason)
{
	unsigned int seed = 1;

	start();
	for (int i = 0; i < 200000; i++) {
		unsigned int r = rand_r(&seed);
		uint16_t offset = r & 7;

		sent_count = 0;
		if (r & 0x100)
			out(offset, r >> 12);
		else if (r & 0x200)
			receive("q");
		else
			in(offset);
		ck_assert(line == (pending(&port) != UART_IIR_NO_INT));
		ck_assert_uint_le(port.rx_count, SERIAL_RX_BYTES);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		serial_out__transmits_in_order,
		serial_out__divisor_is_not_data,
		serial_out__transmit_interrupt,
		serial_receive__interrupt_until_read,
		serial_receive__reading_comes_before_sending,
		serial_receive__takes_what_fits,
		serial_fifo__clear,
		serial_probe__as_linux_does,
		serial_loop_back__stays_inside,
		serial_any_order__line_matches_reason,
		NULL,
	};

	return run_tests("vmm_serial", tests);
}
