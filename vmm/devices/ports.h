/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_DEVICES_PORTS_H
#define SSI_VMM_DEVICES_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct port_ops - how a device answers on its ports
 * @in:	 read one byte; @offset counts from the device's first port
 * @out: write one byte
 *
 * Called from vCPU threads at the same time; a device with state locks it.
 */
struct port_ops {
	uint8_t (*in)(void *device, uint16_t offset);
	void (*out)(void *device, uint16_t offset, uint8_t value);
};

#define PORT_RANGES_MAX 8

/**
 * struct port_table - who answers on which port
 * @range: the devices; constant once vCPUs run, hence without a lock
 * @used:  how many
 */
struct port_table {
	struct port_range {
		uint16_t first;
		uint16_t count;
		const struct port_ops *ops;
		void *device;
	} range[PORT_RANGES_MAX];
	unsigned int used;
};

/**
 * struct port_access - one port instruction of the guest
 * @port:  first port
 * @size:  bytes per item: 1, 2 or 4
 * @count: items; more than one for a string instruction
 * @out:   the guest writes
 * @data:  @size * @count bytes
 */
struct port_access {
	uint16_t port;
	uint8_t size;
	uint32_t count;
	bool out;
	uint8_t *data;
};

/**
 * ports_add() - put a device on a range of ports
 * @table: the table
 * @range: the range; must not overlap another
 *
 * Return: 0, or -1 after a report.
 */
int ports_add(struct port_table *table, const struct port_range *range);

/**
 * ports_run() - carry out an access
 * @table:  the table
 * @access: the access; @access->data is filled in for a read
 *
 * A wide access to byte-wide devices becomes one access per port, as on a
 * real bus; where nobody answers, reads give ones and writes vanish.
 */
void ports_run(const struct port_table *table, const struct port_access *access);

#endif
