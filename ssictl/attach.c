// SPDX-License-Identifier: Apache-2.0
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/ssi_mem_dev.h>

#include "ssictl.h"

#define DEVICE "/dev/ssi_mem"

int ssi_attach_device(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int ssi_attach_open(const char *cmd, int *device)
{
	int error;

	*device = ssi_attach_device();
	if (*device >= 0)
		return SSI_EXIT_OK;
	error = -*device;
	fprintf(stderr, "ssictl: %s: " DEVICE ": %s; %s\n", cmd, strerror(error),
		error == EACCES ? "be root or in the group of the device" :
				  "modprobe ssi_mem; ssictl doctor looks for reasons");
	return error == ENOENT || error == ENXIO ? SSI_EXIT_NO_MODULE : SSI_EXIT_FAIL;
}

int ssi_attach_region(int device, const char *node, const char *region, bool read_only)
{
	struct ssi_dev_attach request = {
		.size = sizeof(request),
		.flags = read_only ? SSI_DEV_RDONLY : 0,
	};

	strcpy(request.region, region);
	if (node)
		strcpy(request.node, node);
	return ioctl(device, SSI_DEV_ATTACH, &request) ? -errno : request.fd;
}
