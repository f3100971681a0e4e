/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernel versions, named by capability. The rest of
 * the module is written for the newest API. Force-included in each file.
 */
#ifndef SSI_COMPAT_H
#define SSI_COMPAT_H

#include <linux/version.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/* Handlers are not told apart by do and dump. */
#define genl_split_ops genl_ops
#endif

/* A message is put together in the socket's own page, not in the sender's. */
static inline void ssi_compat_own_frag(struct sock *sk)
{
	/* Before, it followed from an allocation without __GFP_FS. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	sk->sk_use_task_frag = false;
#endif
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define ssi_compat_idmap user_namespace
#define ssi_compat_no_idmap (&init_user_ns)
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#else
#define ssi_compat_idmap mnt_idmap
#define ssi_compat_no_idmap (&nop_mnt_idmap)
#endif

#ifndef NL_SET_ERR_MSG_FMT
/*
 * An extended ack has no buffer of its own, and its text must last until the
 * ack is built, after the handler returned. Texts take turns in a ring: a
 * text lasts for as many refusals. The names are none that an argument can
 * have: it would mean them.
 */
#define SSI_COMPAT_TEXTS 32
#define NL_SET_ERR_MSG_FMT(extack, fmt, ...) do {			\
	static char texts__[SSI_COMPAT_TEXTS][128];			\
	static atomic_t turn__;						\
	char *text__ = texts__[(unsigned int)atomic_inc_return(&turn__) % \
			       SSI_COMPAT_TEXTS];			\
	struct netlink_ext_ack *ack__ = (extack);			\
									\
	snprintf(text__, sizeof(texts__[0]), fmt, ##__VA_ARGS__);	\
	if (ack__)							\
		ack__->_msg = text__;					\
} while (0)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
/* A fault holds the mmap lock, there are no locks per VMA. */
static inline void release_fault_lock(struct vm_fault *vmf)
{
	mmap_read_unlock(vmf->vma->vm_mm);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
/*
 * Who asks to pin pages for long and write to them is not refused for the
 * reason that the file tracks writes (page_mkwrite), but because the inode says
 * DAX: by all but fast GUP, which knows no inode. A page that fast GUP pinned
 * can not be handed over, and is reported. Such an inode can have no mappings
 * of large folios (vma_is_special_huge()).
 */
#define SSI_COMPAT_NO_LONG_PINS S_DAX
#else
#define SSI_COMPAT_NO_LONG_PINS 0
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
/* Not exported; ours have one page. */
#define folio_mapcount(folio) (atomic_read(&(folio)->_mapcount) + 1)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline struct nlattr **ssi_compat_dump_attrs(struct netlink_callback *cb)
{
	return genl_dumpit_info(cb)->attrs;
}
#else
static inline struct nlattr **ssi_compat_dump_attrs(struct netlink_callback *cb)
{
	return genl_dumpit_info(cb)->info.attrs;
}
#endif

/* Who keeps memory that the kernel may have back. NULL without memory. */
static inline struct shrinker *
ssi_compat_shrinker(unsigned long (*count)(struct shrinker *,
					   struct shrink_control *),
		    unsigned long (*scan)(struct shrinker *,
					  struct shrink_control *))
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);
#else
	struct shrinker *shrinker = shrinker_alloc(0, "ssi_mem");
#endif

	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	shrinker->seeks = DEFAULT_SEEKS;
	if (register_shrinker(shrinker, "ssi_mem")) {
		kfree(shrinker);
		return NULL;
	}
#else
	shrinker_register(shrinker);
#endif
	return shrinker;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
static inline void shrinker_free(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(shrinker);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* SSI_COMPAT_H */
