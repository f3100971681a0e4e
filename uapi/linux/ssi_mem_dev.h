/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/ssi_mem: how a program attaches to a region of distributed memory.
 *
 * A program opens /dev/ssi_mem, asks for a region of a node by name, and gets
 * a file descriptor of the region's own file. The file is mapped with
 *
 *	mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
 *
 * It has a fixed size, is a regular file (so /proc/self/fd/N can be reopened
 * by another program, also by stock QEMU's memory-backend-file), and refuses
 * MAP_PRIVATE, PROT_EXEC and truncation. docs/surface.md tells what else a
 * program can and can not do with it.
 *
 * Who may attach, or open the file by a path, is decided by the owner, group
 * and mode that the region was created with, in the way of any file.
 *
 * poll() tells whether the memory comes. POLLPRI: a page fault on the region,
 * by whatever program of this node, has waited for longer than a second, as
 * when a node or the link to it is away. It stays until none waits any more;
 * otherwise POLLIN and POLLOUT. A virtual machine monitor stops its guest's
 * clock meanwhile.
 *
 * Every structure starts with its own size and a word of flags. The kernel
 * accepts a larger structure than it knows only when the bytes beyond are
 * zero, fills the missing end of a smaller one with zeroes, and refuses
 * unknown flags with EINVAL.
 */
#ifndef _UAPI_LINUX_SSI_MEM_DEV_H
#define _UAPI_LINUX_SSI_MEM_DEV_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Longest name of a node or region, the closing zero included. */
#define SSI_NAME_MAX 32

/* The unit of coherence and the unit of homes. */
#define SSI_PAGE_BYTES	4096
#define SSI_CHUNK_BYTES (2 * 1024 * 1024)

/*
 * struct ssi_dev_attach - argument of SSI_DEV_ATTACH
 * @size:    bytes of this structure
 * @flags:   SSI_DEV_RDONLY or zero
 * @node:    name of the local node, or empty where the network namespace of
 *           the caller has one node only
 * @region:  name of the region
 * @bytes:   returned: bytes of the region
 * @fd:      returned: descriptor of the region's file (close-on-exec)
 * @node_id: returned: id of the local node
 *
 * Errors: ENODEV no such node, ENOTUNIQ several nodes and no name given,
 * ENOENT no such region, EACCES its owner and mode do not let the caller,
 * EINVAL flags or size, ENAMETOOLONG a name without a closing zero, ESHUTDOWN
 * the region is being deleted.
 */
struct ssi_dev_attach {
	__u32 size;
	__u32 flags;
	char node[SSI_NAME_MAX];
	char region[SSI_NAME_MAX];
	__u64 bytes;
	__s32 fd;
	__u32 node_id;
};

/* The region can be read through this descriptor and its mappings only. */
#define SSI_DEV_RDONLY 0x1

/*
 * struct ssi_dev_info - argument of SSI_DEV_INFO
 * @size:        bytes of this structure
 * @flags:       must be zero
 * @abi:         returned: SSI_DEV_ABI of the module
 * @protocol:    returned: version of the protocol between nodes
 * @page_bytes:  returned: unit of coherence
 * @chunk_bytes: returned: unit of homes
 */
struct ssi_dev_info {
	__u32 size;
	__u32 flags;
	__u32 abi;
	__u32 protocol;
	__u32 page_bytes;
	__u32 chunk_bytes;
};

#define SSI_DEV_ABI 1

#define SSI_DEV_MAGIC  0xb5
#define SSI_DEV_INFO   _IOWR(SSI_DEV_MAGIC, 0x00, struct ssi_dev_info)
#define SSI_DEV_ATTACH _IOWR(SSI_DEV_MAGIC, 0x01, struct ssi_dev_attach)

#endif /* _UAPI_LINUX_SSI_MEM_DEV_H */
