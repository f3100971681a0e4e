/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster in a file, for any store: a line of what it is, with the digest of
 * the line behind it, which is the snapshot of ssi_cluster_save().
 */
#ifndef SSI_COORD_BACKUP_H
#define SSI_COORD_BACKUP_H

#include "ledger.h"

/* What is restored goes on so far behind all revisions that anybody can know. */
#define SSI_BACKUP_GAP 100000
#define SSI_BACKUP_MAX (16 << 20)

/**
 * ssi_backup_write - make the text of a backup
 * @c: the cluster
 * @time: milliseconds since 1970
 *
 * Return: the text, to be freed; or NULL without memory.
 */
char *ssi_backup_write(const struct ssi_cluster *c, uint64_t time);

/**
 * ssi_backup_read - read a text that may be a backup
 * @text: ended by a zero
 * @c: made what was saved; what it holds is freed
 * @why: filled with what is wrong with it
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set and @c as ssi_cluster_init() makes it.
 */
int ssi_backup_read(const char *text, struct ssi_cluster *c, char *why, size_t size);

/**
 * ssi_backup_save - keep the cluster of a store in a file
 * @ledger: new; its store may be in use
 * @path: the file; replaced once the new one is whole
 * @why: filled with the reason of a failure, or with what was saved
 * @size: bytes of @why
 *
 * Return: 0, or -1.
 */
int ssi_backup_save(struct ssi_ledger *ledger, const char *path, char *why, size_t size);

/**
 * ssi_backup_restore - give a store the cluster of a file
 * @ledger: new; no coordinator may lead its store
 * @path: the file
 * @force: also when the store has a cluster, which is lost
 * @why: filled with the reason of a refusal, or with what was restored
 * @size: bytes of @why
 *
 * The revision goes on, so that no epoch that a node knows is given again.
 *
 * Return: 0, or -1.
 */
int ssi_backup_restore(struct ssi_ledger *ledger, const char *path, bool force, char *why,
		       size_t size);

#endif /* SSI_COORD_BACKUP_H */
