/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_DEVICES_SERIAL_H
#define SSI_VMM_DEVICES_SERIAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ports.h"

/**
 * struct serial_host - what a serial port asks of the VMM
 * @context:  handed back in each call
 * @set_irq:  drive the interrupt line; called under the port's lock, only when
 *	      the level changes
 * @transmit: put out bytes; called without the port's lock, may wait
 * @drained:  the receive buffer has become empty; called under the lock
 */
struct serial_host {
	void *context;
	void (*set_irq)(void *context, bool level);
	void (*transmit)(void *context, const uint8_t *bytes, size_t count);
	void (*drained)(void *context);
};

#define SERIAL_RX_BYTES 256

/**
 * struct serial - a 16550A
 * @host:	    the VMM's side
 * @lock:	    protects everything below
 * @ier:	    interrupt enable register
 * @fcr:	    FIFO control register
 * @lcr:	    line control register
 * @mcr:	    modem control register
 * @scr:	    scratch register
 * @divisor:	    baud rate divisor, kept but without effect
 * @overrun:	    a byte was lost since the line status was last read
 * @tx_empty_event: the guest was not yet told that it may send again
 * @irq:	    level of the interrupt line
 * @rx:		    received bytes, a ring
 * @rx_head:	    index of the oldest byte
 * @rx_count:	    how many there are
 */
struct serial {
	struct serial_host host;
	pthread_mutex_t lock;
	uint8_t ier, fcr, lcr, mcr, scr;
	uint8_t divisor[2];
	bool overrun;
	bool tx_empty_event;
	bool irq;
	uint8_t rx[SERIAL_RX_BYTES];
	unsigned int rx_head, rx_count;
};

/** serial_ops - the port's eight registers */
extern const struct port_ops serial_ops;

/**
 * serial_init() - a port after reset
 * @serial: the port
 * @host:   the VMM's side, copied
 */
void serial_init(struct serial *serial, const struct serial_host *host);

/**
 * serial_receive() - hand bytes from outside to the guest
 * @serial: the port
 * @bytes:  the bytes
 * @count:  how many
 *
 * Return: how many were taken; the rest can be offered when
 * serial_host.drained was called.
 */
size_t serial_receive(struct serial *serial, const uint8_t *bytes, size_t count);

#endif
