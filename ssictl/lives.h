/* SPDX-License-Identifier: Apache-2.0 */
/* Which life of each node is connected, so that no other node takes its id. */
#ifndef SSICTL_LIVES_H
#define SSICTL_LIVES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/ssi_mem.h>

/**
 * struct ssi_lives - written by the agent's loop, read by its threads
 * @lock: protects the rest
 * @connected: bit n is set while node n is connected
 * @incarnation: of that node, by id
 */
struct ssi_lives {
	pthread_mutex_t lock;
	uint64_t connected;
	uint8_t incarnation[SSI_MEM_NODE_ID_MAX + 1][SSI_MEM_INCARNATION_LEN];
};

/**
 * ssi_lives_init - nobody is connected
 * @lives: to initialize
 */
void ssi_lives_init(struct ssi_lives *lives);

/**
 * ssi_lives_set - a node is connected, or no more
 * @lives: the table
 * @id: of the node
 * @incarnation: of its life; NULL when it is not connected
 */
void ssi_lives_set(struct ssi_lives *lives, uint32_t id, const uint8_t *incarnation);

/**
 * ssi_lives_taken - is a node of this id connected that has another life?
 * @lives: the table
 * @id: of the node that asks
 * @incarnation: of that node
 *
 * Return: true when it is.
 */
bool ssi_lives_taken(struct ssi_lives *lives, uint32_t id, const uint8_t *incarnation);

#endif /* SSICTL_LIVES_H */
