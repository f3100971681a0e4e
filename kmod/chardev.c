// SPDX-License-Identifier: GPL-2.0-only
/* /dev/ssi_mem, and the operations of the files that it hands out. */
#include <linux/file.h>
#include <linux/huge_mm.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include "chardev.h"
#include "fault.h"
#include "node.h"
#include "region.h"

/* ---- the region's file ---- */

/* By its path, as of /proc/self/fd; the first one is ssi_region_file()'s. */
static int region_open(struct inode *inode, struct file *file)
{
	struct ssi_region *region = ssi_region_of(inode);
	bool ok = region && ssi_region_open(region);

	if (ok)
		file->private_data = region;
	ssi_region_put(region);
	return ok ? 0 : -ESHUTDOWN;
}

static int region_release(struct inode *inode, struct file *file)
{
	ssi_region_close(file->private_data);
	return 0;
}

static loff_t region_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence,
				 i_size_read(file_inode(file)));
}

/* As any regular file, until the memory does not come. */
static __poll_t region_poll(struct file *file, poll_table *table)
{
	struct ssi_region *region = file->private_data;
	bool fault = ssi_stall_poll(&region->stall, file, table);
	bool room = ssi_stall_poll(&region->node->share.stall, file, table);

	return fault || room ? EPOLLPRI : DEFAULT_POLLMASK;
}

static const struct file_operations region_fops = {
	.owner = THIS_MODULE,
	.open = region_open,
	.release = region_release,
	.llseek = region_llseek,
	.poll = region_poll,
	.mmap = ssi_fault_mmap,
	.fsync = noop_fsync,
	.get_unmapped_area = thp_get_unmapped_area,
};

/* ---- ioctls ---- */

static long query_info(void __user *arg, u32 size)
{
	struct ssi_dev_info info;
	int ret = copy_struct_from_user(&info, sizeof(info), arg, size);

	if (ret)
		return ret;
	if (info.flags)
		return -EINVAL;
	info.size = min_t(u32, size, sizeof(info));
	info.abi = SSI_DEV_ABI;
	info.protocol = SSI_WIRE_PROTOCOL;
	info.page_bytes = SSI_PAGE_BYTES;
	info.chunk_bytes = SSI_CHUNK_BYTES;
	return copy_to_user(arg, &info, info.size) ? -EFAULT : 0;
}

static int check_attach(const struct ssi_dev_attach *attach)
{
	if (attach->flags & ~SSI_DEV_RDONLY)
		return -EINVAL;
	if (strnlen(attach->node, SSI_NAME_MAX) == SSI_NAME_MAX ||
	    strnlen(attach->region, SSI_NAME_MAX) == SSI_NAME_MAX)
		return -ENAMETOOLONG;
	return 0;
}

static struct ssi_region *find_region(struct ssi_dev_attach *attach)
{
	struct ssi_node *node = ssi_node_find(current->nsproxy->net_ns,
					      attach->node);
	struct ssi_region *region;

	if (IS_ERR(node))
		return ERR_CAST(node);
	attach->node_id = node->id;
	region = ssi_region_by_name(node, attach->region);
	ssi_node_put(node);
	return region ?: ERR_PTR(-ENOENT);
}

static struct file *open_region(struct ssi_dev_attach *attach)
{
	struct ssi_region *region = find_region(attach);
	struct file *file = ERR_PTR(-ESHUTDOWN);

	if (IS_ERR(region))
		return ERR_CAST(region);
	attach->bytes = (u64)region->pages << PAGE_SHIFT;
	if (ssi_region_open(region)) {
		file = ssi_region_file(region, &region_fops,
				       attach->flags & SSI_DEV_RDONLY ?
				       O_RDONLY : O_RDWR);
		if (IS_ERR(file))
			ssi_region_close(region);
	}
	ssi_region_put(region);
	return file;
}

static long attach_region(void __user *arg, u32 size)
{
	struct ssi_dev_attach attach;
	struct file *file;
	int ret;

	if (size < sizeof(attach))
		return -EINVAL;
	ret = copy_struct_from_user(&attach, sizeof(attach), arg, size) ?:
	      check_attach(&attach);
	if (ret)
		return ret;
	file = open_region(&attach);
	if (IS_ERR(file))
		return PTR_ERR(file);
	attach.fd = get_unused_fd_flags(O_CLOEXEC);
	attach.size = sizeof(attach);
	ret = attach.fd < 0 ? attach.fd :
	      copy_to_user(arg, &attach, sizeof(attach)) ? -EFAULT : 0;
	if (!ret) {
		fd_install(attach.fd, file);
		return 0;
	}
	if (attach.fd >= 0)
		put_unused_fd(attach.fd);
	fput(file);
	return ret;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	u32 size;

	if (cmd != SSI_DEV_INFO && cmd != SSI_DEV_ATTACH)
		return -ENOTTY;
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < 2 * sizeof(u32) || size > PAGE_SIZE)
		return -EINVAL;
	return cmd == SSI_DEV_INFO ? query_info(user, size) :
				     attach_region(user, size);
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ssi_mem",
	.fops = &dev_fops,
	.mode = 0660,
};

int ssi_chardev_setup(void)
{
	return misc_register(&device);
}

void ssi_chardev_cleanup(void)
{
	misc_deregister(&device);
}
