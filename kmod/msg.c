// SPDX-License-Identifier: GPL-2.0-only
/* Memory for messages: there is always some, so that forwards never fail. */
#include <linux/slab.h>
#include "link.h"
#include "pool.h"

/* Bodies up to this size travel inside the message. */
struct small_msg {
	struct ssi_msg msg;
	u8 body[SSI_WIRE_BODY_MAX];
};

/* Enough for a forward to each node while memory is short. */
#define MSG_RESERVE 256

static struct kmem_cache *msg_cache;
static struct ssi_pool msg_pool;

/**
 * ssi_msg_free() - the release callback of ssi_msg_alloc()'s messages
 * @msg: the message
 *
 * Context: any.
 */
void ssi_msg_free(struct ssi_msg *msg)
{
	ssi_pool_free(&msg_pool, container_of(msg, struct small_msg, msg));
}

/**
 * ssi_msg_alloc() - a message that frees itself once acknowledged
 * @gfp:	 GFP_NOIO never fails; GFP_ATOMIC may
 * @body_length: bytes of body that travel inside the message
 *
 * Return: the message, its header zeroed but for the length, or NULL.
 */
struct ssi_msg *ssi_msg_alloc(gfp_t gfp, u32 body_length)
{
	struct small_msg *small = ssi_pool_alloc(&msg_pool, gfp);

	if (!small)
		return NULL;
	memset(&small->msg, 0, sizeof(small->msg));
	small->msg.release = ssi_msg_free;
	small->msg.length = body_length;
	small->msg.hdr.length = cpu_to_le32(body_length);
	small->msg.body = body_length ? small->body : NULL;
	return &small->msg;
}

int ssi_link_setup(void)
{
	msg_cache = kmem_cache_create("ssi_msg", sizeof(struct small_msg), 0,
				      SLAB_HWCACHE_ALIGN, NULL);
	if (!msg_cache)
		return -ENOMEM;
	if (ssi_pool_init(&msg_pool, MSG_RESERVE, msg_cache)) {
		kmem_cache_destroy(msg_cache);
		return -ENOMEM;
	}
	return 0;
}

void ssi_link_cleanup(void)
{
	ssi_pool_exit(&msg_pool);
	kmem_cache_destroy(msg_cache);
}
