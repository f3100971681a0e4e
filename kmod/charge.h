/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who pays for a node's folios: memory cgroups. A region's folios are charged
 * to the cgroup of the program that has it open on this node, the first if
 * there are several, and to that of whoever joined the node while none has.
 */
#ifndef SSI_CHARGE_H
#define SSI_CHARGE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct folio;
struct mem_cgroup;

/* Cgroups at a time. When there are more, the node's own pays for the rest. */
#define SSI_CHARGES 16

/* Free folios that a node keeps, at most. */
#define SSI_CHARGES_KEPT 4096

/* The slot of the cgroup of whoever joined the node. */
#define SSI_CHARGE_NODE 0

/**
 * struct ssi_charge - a cgroup that pays
 * @memcg: referenced while there are users or folios; NULL when there are no
 *	   memory cgroups
 * @users: programs that attach regions, and the node
 * @pages: folios charged, those in the pool and of @kept included
 * @kept:  free folios that it pays for, of whatever content; none without users
 */
struct ssi_charge {
	struct mem_cgroup *memcg;
	unsigned int users;
	u64 pages;
	struct list_head kept;
};

/**
 * struct ssi_charges - the cgroups that pay for a node's folios
 * @lock:  protects all but @all; softirq-safe, leaf
 * @slots: a slot without users and folios is free
 * @kept:  folios that the slots keep together
 * @all:   in the list of all nodes'
 */
struct ssi_charges {
	spinlock_t lock;
	struct ssi_charge slots[SSI_CHARGES];
	unsigned int kept;
	struct list_head all;
};

int ssi_charge_setup(void);
void ssi_charge_cleanup(void);
void ssi_charges_init(struct ssi_charges *charges);
void ssi_charges_exit(struct ssi_charges *charges);
unsigned int ssi_charge_open(struct ssi_charges *charges);
void ssi_charge_close(struct ssi_charges *charges, unsigned int slot);
struct folio *ssi_charge_alloc(struct ssi_charges *charges, unsigned int slot,
			       gfp_t gfp);
bool ssi_charge_keep(struct ssi_charges *charges, struct folio *folio);
void ssi_charge_free(struct ssi_charges *charges, struct folio *folio);
u64 ssi_charge_cgroup(struct ssi_charges *charges, unsigned int slot);
u64 ssi_charge_pages(struct ssi_charges *charges, unsigned int slot);

#endif /* SSI_CHARGE_H */
