// SPDX-License-Identifier: Apache-2.0
/*
 * rdma_pin: registers a page of a region with an RDMA device, which pins it for
 * as long as it is registered.
 * usage: rdma_pin REGION PAGE mapped|fresh
 *
 * The page is written to before, or not. Says "refused", or "held" until
 * SIGTERM.
 */
#include "surface.h"

#include <infiniband/verbs.h>
#include <signal.h>

#define PAGE 4096ul

static struct ibv_pd *open_device(void)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_context *context = NULL;
	struct ibv_pd *pd = NULL;

	if (devices && *devices)
		context = ibv_open_device(*devices);
	if (context)
		pd = ibv_alloc_pd(context);
	if (!pd)
		die("no RDMA device");
	return pd;
}

static void hold(struct ibv_mr *mr)
{
	sigset_t end;
	int signal;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	printf("held\n");
	fflush(stdout);
	sigwait(&end, &signal);
	ibv_dereg_mr(mr);
}

int main(int argc, char **argv)
{
	struct ibv_pd *pd;
	struct ibv_mr *mr;
	size_t bytes;
	char *page;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: rdma_pin REGION PAGE mapped|fresh\n");
		return 2;
	}
	pd = open_device();
	fd = attach_region(argv[1], &bytes);
	page = map_shared(fd, RW, bytes, 0) + strtoul(argv[2], NULL, 10) * PAGE;
	if (!strcmp(argv[3], "mapped"))
		memset(page, 'h', PAGE);
	mr = ibv_reg_mr(pd, page, PAGE, IBV_ACCESS_LOCAL_WRITE);
	if (mr)
		hold(mr);
	else
		printf("refused %s\n", strerror(errno));
	return 0;
}
