// SPDX-License-Identifier: GPL-2.0-only
#include "pool.h"

/**
 * ssi_pool_init() - set up a pool
 * @pool:    zeroed
 * @reserve: objects that exist while memory is short
 * @cache:   where they come from
 *
 * Context: process, may sleep. Return: 0 or -ENOMEM; then ssi_pool_exit() is
 * allowed, and not needed.
 */
int ssi_pool_init(struct ssi_pool *pool, int reserve, struct kmem_cache *cache)
{
	pool->last = alloc_percpu(void *);
	pool->reserve = mempool_create_slab_pool(reserve, cache);
	if (pool->last && pool->reserve)
		return 0;
	ssi_pool_exit(pool);
	return -ENOMEM;
}

/**
 * ssi_pool_exit() - free all objects
 * @pool: of which none is in use
 *
 * Context: process, may sleep.
 */
void ssi_pool_exit(struct ssi_pool *pool)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		if (pool->last && *per_cpu_ptr(pool->last, cpu))
			mempool_free(*per_cpu_ptr(pool->last, cpu),
				     pool->reserve);
	}
	free_percpu(pool->last);
	mempool_destroy(pool->reserve);
	*pool = (struct ssi_pool){};
}

/**
 * ssi_pool_alloc() - take an object
 * @pool: of it
 * @gfp:  as mempool_alloc() takes it
 *
 * Context: any, as @gfp allows. Return: the object, not zeroed; NULL where @gfp does
 * not allow to wait for one.
 */
void *ssi_pool_alloc(struct ssi_pool *pool, gfp_t gfp)
{
	void *object = this_cpu_xchg(*pool->last, NULL);

	return object ? object : mempool_alloc(pool->reserve, gfp);
}

/* Who waits for an object waits for one of the reserve. */
static bool is_whole(const mempool_t *reserve)
{
	return READ_ONCE(reserve->curr_nr) >= READ_ONCE(reserve->min_nr);
}

/**
 * ssi_pool_free() - give an object back
 * @pool:   of it
 * @object: of ssi_pool_alloc()
 *
 * What KASAN would find in freed memory it does not in what is kept.
 *
 * Context: any.
 */
void ssi_pool_free(struct ssi_pool *pool, void *object)
{
	if (!IS_ENABLED(CONFIG_KASAN) && is_whole(pool->reserve))
		object = this_cpu_xchg(*pool->last, object);
	if (object)
		mempool_free(object, pool->reserve);
}
