// SPDX-License-Identifier: Apache-2.0
#include "module.h"

#include <errno.h>
#include <stddef.h>

#include <libkmod.h>

int ssi_module_load(const char *name)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_list *item, *list = NULL;
	int rc;

	if (!ctx)
		return -ENOMEM;
	rc = kmod_module_new_from_lookup(ctx, name, &list);
	if (rc == 0 && !list)
		rc = -ENOENT;
	kmod_list_foreach(item, list) {
		struct kmod_module *mod = kmod_module_get_module(item);

		if (rc == 0)
			rc = kmod_module_probe_insert_module(mod, KMOD_PROBE_APPLY_BLACKLIST, NULL,
							     NULL, NULL, NULL);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
	kmod_unref(ctx);
	/* A positive result means that modprobe.d forbids the module. */
	return rc > 0 ? -EPERM : rc;
}
