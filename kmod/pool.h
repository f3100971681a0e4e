/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that is taken and given back with every message. */
#ifndef SSI_POOL_H
#define SSI_POOL_H

#include <linux/mempool.h>
#include <linux/percpu.h>

/**
 * struct ssi_pool - a mempool, and on each CPU the object that was freed last
 * @reserve: the mempool
 * @last:    NULL where there is none
 */
struct ssi_pool {
	mempool_t *reserve;
	void *__percpu *last;
};

int ssi_pool_init(struct ssi_pool *pool, int reserve, struct kmem_cache *cache);
void ssi_pool_exit(struct ssi_pool *pool);
void *ssi_pool_alloc(struct ssi_pool *pool, gfp_t gfp);
void ssi_pool_free(struct ssi_pool *pool, void *object);

#endif /* SSI_POOL_H */
