// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "guests.h"
#include "out.h"

/* A monitor answers at once, or something is wrong with it. */
#define ANSWER_MS 1000

static void print_state(struct ssi_out *out, const struct ssi_guest *guest)
{
	bool silent = !strcmp(guest->state, "silent");
	bool paused = !strcmp(guest->state, "paused");

	ssi_out_str(out, "control", guest->user.control, SSI_COLOR_NONE);
	ssi_out_str(out, "state", guest->state,
		    silent ? SSI_COLOR_BAD : paused ? SSI_COLOR_WARN : SSI_COLOR_GOOD);
	if (guest->stalled_s >= 0)
		ssi_out_u64(out, "stalled_s", guest->stalled_s);
	if (guest->behind_ms >= 0)
		ssi_out_u64(out, "behind_ms", guest->behind_ms);
}

static void print_guest(struct ssi_out *out, const struct ssi_guest *guest)
{
	ssi_out_item_id(out, "vm", guest->user.pid);
	ssi_out_str(out, "program", guest->user.program, SSI_COLOR_NONE);
	ssi_out_str(out, "region", guest->region.name, SSI_COLOR_NONE);
	ssi_out_str(out, "node", guest->region.node, SSI_COLOR_NONE);
	ssi_out_size(out, "size", guest->region.size);
	ssi_out_size(out, "mapped", guest->user.mapped);
	if (guest->user.cpus)
		ssi_out_u64(out, "vcpus", guest->user.cpus);
	if (*guest->user.control)
		print_state(out, guest);
	ssi_out_close(out);
}

static int print(const struct ssi_guests *guests, bool json)
{
	struct ssi_out out;
	unsigned int i;

	ssi_out_begin(&out, stdout, json);
	ssi_out_list(&out, "vms");
	for (i = 0; i < guests->count; i++)
		print_guest(&out, &guests->at[i]);
	ssi_out_close(&out);
	if (!guests->count)
		ssi_out_note(&out, "no program here uses a region");
	if (guests->unseen)
		fprintf(stderr, "ssictl: vm: %d processes could not be looked at; run it as root\n",
			guests->unseen);
	return ssi_out_end(&out, 0);
}

static int run(struct ssi_nl *nl, const struct ssi_args *args)
{
	struct ssi_guests guests;
	int device, rc = ssi_attach_open("vm", &device);

	if (rc)
		return rc;
	rc = ssi_guests_read(&guests, nl, args->node, device, NULL);
	close(device);
	if (rc == 0) {
		ssi_guests_ask(&guests, ANSWER_MS);
		rc = print(&guests, args->json);
	}
	ssi_guests_free(&guests);
	return rc ? ssi_cmd_fail("vm", nl, rc, NULL) : SSI_EXIT_OK;
}

int ssi_cmd_vm(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("vm", &nl);

	if (rc)
		return rc;
	rc = run(nl, args);
	ssi_nl_close(nl);
	return rc;
}
