/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etcd's JSON gateway over libcurl: requests that go to the next of its members
 * when one does not answer, and the stream of a watch. Knows nothing of clusters.
 */
#ifndef SSI_COORD_ETCD_H
#define SSI_COORD_ETCD_H

#include <stddef.h>

#include <jansson.h>

struct ssi_store_cfg;
struct ssi_etcd;

/**
 * ssi_etcd_open - make ready; nothing is sent yet
 * @cfg: members as URLs with commas between, and certificates
 *
 * Return: the client, or NULL: no memory, or no URL.
 */
struct ssi_etcd *ssi_etcd_open(const struct ssi_store_cfg *cfg);

/**
 * ssi_etcd_close - end all that is under way
 * @etcd: the client, or NULL
 */
void ssi_etcd_close(struct ssi_etcd *etcd);

/**
 * ssi_etcd_call - one request
 * @etcd: the client
 * @path: such as "/v3/kv/range"
 * @body: the request; released, also when this fails
 * @why: filled with the reason of a failure
 * @size: bytes of @why
 *
 * A request may have been carried out although no answer came.
 *
 * Return: the answer, or NULL with @why set.
 */
json_t *ssi_etcd_call(struct ssi_etcd *etcd, const char *path, json_t *body, char *why,
		      size_t size);

/**
 * ssi_etcd_watch - call back whenever something below a key changes
 * @etcd: the client
 * @body: of the request to watch; released
 * @changed: called from a thread that ends with ssi_etcd_close()
 * @arg: passed to @changed
 *
 * It is also called when the stream begins anew: something may have been missed.
 *
 * Return: 0, or a negative errno.
 */
int ssi_etcd_watch(struct ssi_etcd *etcd, json_t *body, void (*changed)(void *arg), void *arg);

/**
 * ssi_etcd_encode - a key or a value, as the gateway wants it
 * @text: the text
 *
 * Return: a string in base64, or NULL without memory.
 */
json_t *ssi_etcd_encode(const char *text);

/**
 * ssi_etcd_decode - a key or a value, as the gateway sent it
 * @value: a string in base64
 *
 * Return: the text, to be freed; NULL when it is none.
 */
char *ssi_etcd_decode(const json_t *value);

#endif /* SSI_COORD_ETCD_H */
