// SPDX-License-Identifier: GPL-2.0-only
/* The module's ladder: each step may use what the steps above it set up. */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <net/genetlink.h>
#include "chardev.h"
#include "charge.h"
#include "debugfs.h"
#include "link.h"
#include "netlink.h"
#include "node.h"
#include "power.h"
#include "region.h"
#include "serve.h"
#include "version.h"
#include "xport.h"

static int __init ssi_mem_init(void)
{
	int ret;

	ret = ssi_xport_tcp_setup();
	if (ret)
		return ret;
	ret = ssi_link_setup();
	if (ret)
		goto cleanup_xport;
	ret = ssi_serve_setup();
	if (ret)
		goto cleanup_link;
	ret = ssi_region_setup();
	if (ret)
		goto cleanup_serve;
	ret = ssi_charge_setup();
	if (ret)
		goto cleanup_region;
	ret = ssi_node_setup();
	if (ret)
		goto cleanup_charge;
	ret = ssi_power_setup();
	if (ret)
		goto cleanup_node;
	ssi_debugfs_setup();
	ret = ssi_netlink_setup();
	if (ret)
		goto cleanup_debugfs;
	ret = ssi_chardev_setup();
	if (ret)
		goto cleanup_netlink;
	pr_info("ssi_mem: version %s, protocol %u\n", SSI_VERSION,
		SSI_WIRE_PROTOCOL);
	return 0;
cleanup_netlink:
	ssi_netlink_cleanup();
cleanup_debugfs:
	ssi_debugfs_cleanup();
	ssi_power_cleanup();
cleanup_node:
	ssi_node_cleanup();
cleanup_charge:
	ssi_charge_cleanup();
cleanup_region:
	ssi_region_cleanup();
cleanup_serve:
	ssi_serve_cleanup();
cleanup_link:
	ssi_link_cleanup();
cleanup_xport:
	ssi_xport_tcp_cleanup();
	return ret;
}

/* A node holds the module, so none is left here. */
static void __exit ssi_mem_exit(void)
{
	ssi_chardev_cleanup();
	ssi_netlink_cleanup();
	ssi_debugfs_cleanup();
	ssi_power_cleanup();
	ssi_node_cleanup();
	/* Regions are freed by RCU callbacks of ours. */
	rcu_barrier();
	ssi_charge_cleanup();
	ssi_region_cleanup();
	ssi_serve_cleanup();
	ssi_link_cleanup();
	ssi_xport_tcp_cleanup();
}

module_init(ssi_mem_init);
module_exit(ssi_mem_exit);

MODULE_DESCRIPTION("SSI-HV distributed guest memory");
MODULE_AUTHOR("The SSI-HV developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(SSI_VERSION);
MODULE_ALIAS_GENL_FAMILY("ssi_mem");
