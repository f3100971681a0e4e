// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspending or hibernating is refused while a region spans this machine and
 * others: their guests would stand still for as long as it sleeps, and what it
 * woke up with would be of another time.
 */
#include <linux/notifier.h>
#include <linux/suspend.h>
#include "node.h"
#include "power.h"
#include "region.h"

/* From PREPARE to POST; see ssi_power_sleeps(). */
static bool sleeps;

/**
 * ssi_power_sleeps() - is this machine about to sleep?
 *
 * Who makes a region asks after it is in the node's table, who changes its
 * members after it is frozen: either refuse_sleep() has seen that, or it is
 * seen here that the machine will sleep.
 *
 * Return: true when no region may begin, and none may get other members.
 */
bool ssi_power_sleeps(void)
{
	return READ_ONCE(sleeps);
}

/* The name of a region that others are members of, or may become now. */
static bool spans_others(struct ssi_node *node, char *name, size_t size)
{
	struct ssi_region *region;
	unsigned long id;
	bool found = false;

	/* The lock: who adds a region either did so before, or asks later. */
	xa_lock_bh(&node->regions);
	xa_for_each(&node->regions, id, region) {
		if (hweight64(ssi_region_members(region)) < 2 &&
		    !READ_ONCE(region->frozen))
			continue;
		strscpy(name, region->name, size);
		found = true;
	}
	xa_unlock_bh(&node->regions);
	return found;
}

static int refuse_sleep(void)
{
	char name[SSI_NAME_MAX];
	struct ssi_node *node;
	int ret = 0;

	WRITE_ONCE(sleeps, true);
	/* @sleeps before the look at @frozen of regions; see freeze(). */
	smp_mb();
	mutex_lock(&ssi_nodes_mutex);
	list_for_each_entry(node, &ssi_nodes, list) {
		if (!spans_others(node, name, sizeof(name)))
			continue;
		pr_warn("ssi_mem: node %s: region %s spans other nodes, so this machine must not sleep: let the node leave, or delete the region\n",
			node->name, name);
		ret = -EBUSY;
	}
	mutex_unlock(&ssi_nodes_mutex);
	if (ret)
		WRITE_ONCE(sleeps, false);
	return ret;
}

static int on_power(struct notifier_block *block, unsigned long event,
		    void *unused)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		return notifier_from_errno(refuse_sleep());
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		WRITE_ONCE(sleeps, false);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block notifier = { .notifier_call = on_power };

int ssi_power_setup(void)
{
	return register_pm_notifier(&notifier);
}

void ssi_power_cleanup(void)
{
	unregister_pm_notifier(&notifier);
}
