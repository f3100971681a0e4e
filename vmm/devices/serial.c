// SPDX-License-Identifier: Apache-2.0
/*
 * A 16550A serial port. Bytes leave at once, so the transmitter is always
 * empty; what the guest waits for is the interrupt that says so.
 */
#include "serial.h"

#include <linux/serial_reg.h>

#define IER_MASK      0x0f
#define IIR_FIFO_ON   0xc0
#define LINE_READY    (UART_LSR_THRE | UART_LSR_TEMT)
#define MODEM_PRESENT (UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS)

/* The most urgent reason for an interrupt, as the IIR codes it. */
static uint8_t pending(const struct serial *s)
{
	if (s->ier & UART_IER_RLSI && s->overrun)
		return UART_IIR_RLSI;
	if (s->ier & UART_IER_RDI && s->rx_count)
		return UART_IIR_RDI;
	if (s->ier & UART_IER_THRI && s->tx_empty_event)
		return UART_IIR_THRI;
	return UART_IIR_NO_INT;
}

static void update_irq(struct serial *s)
{
	bool level = pending(s) != UART_IIR_NO_INT;

	if (level == s->irq)
		return;
	s->irq = level;
	s->host.set_irq(s->host.context, level);
}

static void rx_push(struct serial *s, uint8_t byte)
{
	if (s->rx_count == SERIAL_RX_BYTES) {
		s->overrun = true;
		return;
	}
	s->rx[(s->rx_head + s->rx_count++) % SERIAL_RX_BYTES] = byte;
}

static uint8_t rx_pop(struct serial *s)
{
	uint8_t byte;

	if (!s->rx_count)
		return 0;
	byte = s->rx[s->rx_head];
	s->rx_head = (s->rx_head + 1) % SERIAL_RX_BYTES;
	if (!--s->rx_count)
		s->host.drained(s->host.context);
	return byte;
}

static void rx_clear(struct serial *s)
{
	s->rx_count = 0;
	s->host.drained(s->host.context);
}

static bool looped(const struct serial *s)
{
	return s->mcr & UART_MCR_LOOP;
}

/* In loop-back mode the outputs feed the inputs: how drivers find the port. */
static uint8_t modem_status(const struct serial *s)
{
	uint8_t status = 0;

	if (!looped(s))
		return MODEM_PRESENT;
	if (s->mcr & UART_MCR_RTS)
		status |= UART_MSR_CTS;
	if (s->mcr & UART_MCR_DTR)
		status |= UART_MSR_DSR;
	if (s->mcr & UART_MCR_OUT1)
		status |= UART_MSR_RI;
	if (s->mcr & UART_MCR_OUT2)
		status |= UART_MSR_DCD;
	return status;
}

static uint8_t line_status(struct serial *s)
{
	uint8_t status = LINE_READY;

	if (s->rx_count)
		status |= UART_LSR_DR;
	if (s->overrun)
		status |= UART_LSR_OE;
	s->overrun = false;
	return status;
}

/* Reading the reason "transmitter empty" also acknowledges it. */
static uint8_t interrupt_id(struct serial *s)
{
	uint8_t id = pending(s);

	if (id == UART_IIR_THRI)
		s->tx_empty_event = false;
	return id | (s->fcr & UART_FCR_ENABLE_FIFO ? IIR_FIFO_ON : 0);
}

static uint8_t read_register(struct serial *s, uint16_t offset)
{
	bool divisor = s->lcr & UART_LCR_DLAB;

	switch (offset) {
	case UART_RX:
		return divisor ? s->divisor[0] : rx_pop(s);
	case UART_IER:
		return divisor ? s->divisor[1] : s->ier;
	case UART_IIR:
		return interrupt_id(s);
	case UART_LCR:
		return s->lcr;
	case UART_MCR:
		return s->mcr;
	case UART_LSR:
		return line_status(s);
	case UART_MSR:
		return modem_status(s);
	default:
		return s->scr;
	}
}

static void write_ier(struct serial *s, uint8_t value)
{
	/* Enabling the transmit interrupt reports the empty transmitter. */
	if (value & ~s->ier & UART_IER_THRI)
		s->tx_empty_event = true;
	s->ier = value & IER_MASK;
}

static void write_register(struct serial *s, uint16_t offset, uint8_t value)
{
	bool divisor = s->lcr & UART_LCR_DLAB;

	switch (offset) {
	case UART_TX:
		if (divisor)
			s->divisor[0] = value;
		else if (looped(s))
			rx_push(s, value);
		if (!divisor)
			s->tx_empty_event = true;
		break;
	case UART_IER:
		if (divisor)
			s->divisor[1] = value;
		else
			write_ier(s, value);
		break;
	case UART_FCR:
		if (value & UART_FCR_CLEAR_RCVR)
			rx_clear(s);
		s->fcr = value;
		break;
	case UART_LCR:
		s->lcr = value;
		break;
	case UART_MCR:
		s->mcr = value & 0x1f;
		break;
	case UART_SCR:
		s->scr = value;
		break;
	}
}

static uint8_t serial_in(void *device, uint16_t offset)
{
	struct serial *s = device;
	uint8_t value;

	pthread_mutex_lock(&s->lock);
	value = read_register(s, offset);
	update_irq(s);
	pthread_mutex_unlock(&s->lock);
	return value;
}

static void serial_out(void *device, uint16_t offset, uint8_t value)
{
	struct serial *s = device;
	bool leaves;

	pthread_mutex_lock(&s->lock);
	leaves = offset == UART_TX && !(s->lcr & UART_LCR_DLAB) && !looped(s);
	pthread_mutex_unlock(&s->lock);
	/*
	 * Out first, interrupt after: a slow terminal then slows the guest
	 * instead of losing bytes. Without the lock, since it may wait.
	 */
	if (leaves)
		s->host.transmit(s->host.context, &value, 1);
	pthread_mutex_lock(&s->lock);
	write_register(s, offset, value);
	update_irq(s);
	pthread_mutex_unlock(&s->lock);
}

const struct port_ops serial_ops = { .in = serial_in, .out = serial_out };

void serial_init(struct serial *serial, const struct serial_host *host)
{
	*serial = (struct serial){ .host = *host };
	pthread_mutex_init(&serial->lock, NULL);
}

size_t serial_receive(struct serial *serial, const uint8_t *bytes, size_t count)
{
	size_t taken = 0;

	pthread_mutex_lock(&serial->lock);
	while (taken < count && serial->rx_count < SERIAL_RX_BYTES)
		rx_push(serial, bytes[taken++]);
	update_irq(serial);
	pthread_mutex_unlock(&serial->lock);
	return taken;
}
