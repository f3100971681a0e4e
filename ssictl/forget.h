/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carrying out deaths: the coordinator declares them, and one of the living lets
 * the kernels forget the node. That waits for other kernels, so it has a thread
 * of its own.
 */
#ifndef SSICTL_FORGET_H
#define SSICTL_FORGET_H

#include "lease.h"
#include "logline.h"

struct ssi_forget;

/**
 * ssi_forget_start - make ready
 * @node: the local node, of which name and id are kept
 * @say: writes a line of the log; called from another thread
 * @arg: passed to @say
 *
 * Return: who carries deaths out, or NULL without memory.
 */
struct ssi_forget *ssi_forget_start(const struct ssi_nl_node *node, ssi_say_fn say, void *arg);

/**
 * ssi_forget_end - begin nothing more; what is under way goes on, and says nothing
 * @f: of ssi_forget_start(), or NULL
 */
void ssi_forget_end(struct ssi_forget *f);

/**
 * ssi_forget_look - is there anybody dead whom this node has to forget?
 * @f: of ssi_forget_start()
 * @nl: connection for requests
 * @lease: with members
 *
 * Those whom the coordinator declared dead, and former lives of members. Of the
 * members of the cluster the one with the lowest id does it, and of the members of
 * a region too. Called every now and then: what is refused is tried again.
 */
void ssi_forget_look(struct ssi_forget *f, struct ssi_nl *nl, const struct ssi_lease *lease);

#endif /* SSICTL_FORGET_H */
