// SPDX-License-Identifier: Apache-2.0
#include "ports.h"

#include <stddef.h>

#include "../log.h"

#define BUS_FLOATS 0xff

int ports_add(struct port_table *table, const struct port_range *range)
{
	if (table->used == PORT_RANGES_MAX)
		return log_error("port %#x: no room for another device", range->first);
	for (unsigned int i = 0; i < table->used; i++) {
		const struct port_range *other = &table->range[i];

		if (range->first < other->first + other->count &&
		    other->first < range->first + range->count)
			return log_error("port %#x: already taken", range->first);
	}
	table->range[table->used++] = *range;
	return 0;
}

static const struct port_range *find(const struct port_table *table,
				     uint16_t port)
{
	for (unsigned int i = 0; i < table->used; i++) {
		const struct port_range *r = &table->range[i];

		if (port >= r->first && port - r->first < r->count)
			return r;
	}
	return NULL;
}

static void run_byte(const struct port_table *table, uint16_t port, bool out,
		     uint8_t *byte)
{
	const struct port_range *r = find(table, port);

	if (r && out)
		r->ops->out(r->device, port - r->first, *byte);
	else if (r)
		*byte = r->ops->in(r->device, port - r->first);
	else if (!out)
		*byte = BUS_FLOATS;
}

void ports_run(const struct port_table *table, const struct port_access *access)
{
	uint8_t *data = access->data;

	for (uint32_t i = 0; i < access->count; i++)
		for (uint8_t n = 0; n < access->size; n++)
			run_byte(table, access->port + n, access->out, data++);
}
