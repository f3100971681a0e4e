/* SPDX-License-Identifier: GPL-2.0-only */
/* The inner state of each node for people, in /sys/kernel/debug/ssi_mem. */
#ifndef SSI_DEBUGFS_H
#define SSI_DEBUGFS_H

struct ssi_node;

void ssi_debugfs_setup(void);
void ssi_debugfs_cleanup(void);
void ssi_debugfs_add(struct ssi_node *node);
void ssi_debugfs_remove(struct ssi_node *node);

#endif /* SSI_DEBUGFS_H */
