/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change of the cluster: the record that the store keeps, and that watchers
 * are sent. What is in it was decided; whoever applies it decides nothing.
 */
#ifndef SSI_COORD_CHANGE_H
#define SSI_COORD_CHANGE_H

#include "fields.h"

/**
 * enum ssi_change_type - what changed
 * @SSI_CHANGE_CLUSTER_CREATED: there is a cluster
 * @SSI_CHANGE_CLUSTER_DELETED: there is none
 * @SSI_CHANGE_NODE_REGISTERED: a host has an id
 * @SSI_CHANGE_NODE_JOINED: it is a member: in this life, at this address
 * @SSI_CHANGE_NODE_DRAINING: it is being emptied, or no longer is
 * @SSI_CHANGE_NODE_DEAD: its life is over
 * @SSI_CHANGE_NODE_REMOVED: its id is free
 * @SSI_CHANGE_NODE_INVITED: who shows a token once gets its certificate
 * @SSI_CHANGE_NODE_CERTIFIED: it has a certificate; its invitation is used up
 * @SSI_CHANGE_REGION_CREATED: a region has an id, and places
 * @SSI_CHANGE_REGION_PLACED: it has other places
 * @SSI_CHANGE_REGION_DELETED: it is gone
 * @SSI_CHANGE_TYPES: how many there are
 */
enum ssi_change_type {
	SSI_CHANGE_CLUSTER_CREATED,
	SSI_CHANGE_CLUSTER_DELETED,
	SSI_CHANGE_NODE_REGISTERED,
	SSI_CHANGE_NODE_JOINED,
	SSI_CHANGE_NODE_DRAINING,
	SSI_CHANGE_NODE_DEAD,
	SSI_CHANGE_NODE_REMOVED,
	SSI_CHANGE_NODE_INVITED,
	SSI_CHANGE_NODE_CERTIFIED,
	SSI_CHANGE_REGION_CREATED,
	SSI_CHANGE_REGION_PLACED,
	SSI_CHANGE_REGION_DELETED,
	SSI_CHANGE_TYPES,
};

/**
 * struct ssi_change - a change; which fields it has depends on its type
 * @type: what changed
 * @revision: of the cluster, once it is applied
 * @time: when it was decided, milliseconds since 1970; for people alone
 * @by: who asked for it
 * @request: id of the request, so that each record is like no other
 * @name: of the cluster, node or region
 * @id: of the cluster
 * @lease_ms: how long a node may be silent
 * @max_nodes: how many ids there are
 * @node: id
 * @share: bytes that the node gives to regions
 * @reserve: bytes beyond it, for pages in transit
 * @version: of the node's software
 * @protocol: that its module speaks to other nodes; 0 when it did not say
 * @incarnation: of the node
 * @address: where its links are accepted
 * @draining: it is
 * @invite: the first half of the SHA-256 of a token
 * @expires: when the token is over, milliseconds since 1970
 * @serial: number of the certificate
 * @region: id
 * @size: bytes
 * @places: who holds the region
 */
struct ssi_change {
	enum ssi_change_type type;
	uint64_t revision;
	uint64_t time;
	char by[SSI_TEXT_SIZE];
	char request[SSI_HEX_SIZE];
	char name[SSI_NAME_SIZE];
	char id[SSI_HEX_SIZE];
	uint32_t lease_ms;
	uint32_t max_nodes;
	uint32_t node;
	uint64_t share;
	uint64_t reserve;
	char version[SSI_TEXT_SIZE];
	uint32_t protocol;
	char incarnation[SSI_HEX_SIZE];
	char address[SSI_ADDRESS_SIZE];
	bool draining;
	char invite[SSI_HEX_SIZE];
	uint64_t expires;
	char serial[SSI_HEX_SIZE];
	uint32_t region;
	uint64_t size;
	struct ssi_places places;
};

/**
 * ssi_change_name - the word for a type
 * @type: of a change
 *
 * Return: such as "node-joined".
 */
const char *ssi_change_name(enum ssi_change_type type);

/**
 * ssi_change_write - make the record of a change
 * @change: the change
 *
 * Return: one line of JSON, to be freed; or NULL without memory.
 */
char *ssi_change_write(const struct ssi_change *change);

/**
 * ssi_change_read - read a record
 * @text: one line of JSON
 * @change: filled in
 * @why: filled with what is wrong with it
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_change_read(const char *text, struct ssi_change *change, char *why, size_t size);

#endif /* SSI_COORD_CHANGE_H */
