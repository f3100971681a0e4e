// SPDX-License-Identifier: Apache-2.0
/*
 * Who uses regions here: the kernel does not tell, so each region is opened for
 * a moment, and its inode looked for in what processes have mapped.
 */
#include "ssictl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "attach.h"
#include "maps.h"
#include "out.h"

/**
 * struct vms - what is shown, under way
 * @out: the printer
 * @nl: connection
 * @regions: all regions, read before they are opened: one dump at a time
 * @count: of @regions
 * @region: the one whose users are looked for
 * @users: found so far
 */
struct vms {
	struct ssi_out out;
	struct ssi_nl *nl;
	struct ssi_nl_region *regions;
	unsigned int count;
	const struct ssi_nl_region *region;
	unsigned int users;
};

/* ---- the monitor's control socket ---- */

static int dial(const char *path)
{
	const struct timeval second = { .tv_sec = 1 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	strcpy(address.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
	if (!connect(fd, (const void *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* What the monitor says of its guest; NULL if it does not answer. */
static json_t *ask(const char *path)
{
	static const char request[] = "status\n";
	json_t *answer = NULL;
	char line[256];
	ssize_t got = -1;
	int fd = dial(path);

	if (fd < 0)
		return NULL;
	if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) == sizeof(request) - 1)
		got = recv(fd, line, sizeof(line), 0);
	close(fd);
	if (got > 0)
		answer = json_loadb(line, got, 0, NULL);
	return answer;
}

static void print_number(struct ssi_out *out, const char *key, const json_t *answer,
			 const char *member)
{
	const json_t *value = json_object_get(answer, member);

	if (json_is_integer(value) && json_integer_value(value) >= 0)
		ssi_out_u64(out, key, json_integer_value(value));
}

static void print_guest(struct ssi_out *out, const char *control)
{
	json_t *answer = ask(control);
	const json_t *paused = json_object_get(answer, "paused");

	ssi_out_str(out, "control", control, SSI_COLOR_NONE);
	if (!json_is_boolean(paused)) {
		ssi_out_str(out, "state", "silent", SSI_COLOR_BAD);
	} else {
		ssi_out_str(out, "state", json_is_true(paused) ? "paused" : "running",
			    json_is_true(paused) ? SSI_COLOR_WARN : SSI_COLOR_GOOD);
		print_number(out, "stalled_s", answer, "stalled");
		print_number(out, "behind_ms", answer, "behind_ms");
	}
	json_decref(answer);
}

/* ---- users ---- */

static void print_user(const struct ssi_user *user, void *arg)
{
	struct vms *v = arg;

	/* It is us who look. */
	if (user->pid == getpid())
		return;
	v->users++;
	ssi_out_item_id(&v->out, "vm", user->pid);
	ssi_out_str(&v->out, "program", user->program, SSI_COLOR_NONE);
	ssi_out_str(&v->out, "region", v->region->name, SSI_COLOR_NONE);
	ssi_out_str(&v->out, "node", v->region->node, SSI_COLOR_NONE);
	ssi_out_size(&v->out, "size", v->region->size);
	ssi_out_size(&v->out, "mapped", user->mapped);
	if (*user->control)
		print_guest(&v->out, user->control);
	ssi_out_close(&v->out);
}

static int collect(const struct ssi_nl_region *region, void *arg)
{
	struct vms *v = arg;
	struct ssi_nl_region *more = reallocarray(v->regions, v->count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	v->regions = more;
	v->regions[v->count++] = *region;
	return 0;
}

/* Returns how many processes could not be looked at, or a negative errno. */
static int print_users(struct vms *v, int device)
{
	struct stat file;
	int rc, fd = ssi_attach_region(device, v->region->node, v->region->name, true);

	if (fd < 0)
		return fd;
	rc = fstat(fd, &file) ? -errno : 0;
	close(fd);
	return rc ? rc : ssi_maps_each(&file, print_user, v);
}

static int show(struct vms *v, int device)
{
	unsigned int i;
	int unseen = 0;

	ssi_out_list(&v->out, "vms");
	for (i = 0; i < v->count && unseen >= 0; i++) {
		v->region = &v->regions[i];
		/* Nobody has it open, so it is not opened in vain. */
		if (v->region->attached)
			unseen = print_users(v, device);
	}
	ssi_out_close(&v->out);
	if (unseen >= 0 && !v->users)
		ssi_out_note(&v->out, "no program here uses a region");
	if (unseen > 0)
		fprintf(stderr, "ssictl: vm: %d processes could not be looked at; run it as root\n",
			unseen);
	return unseen < 0 ? unseen : 0;
}

static int run(struct vms *v, const struct ssi_args *args)
{
	int device, rc = ssi_nl_region_each(v->nl, args->node, collect, v);

	if (rc)
		return ssi_cmd_fail("vm", v->nl, rc, NULL);
	rc = ssi_attach_open("vm", &device);
	if (rc)
		return rc;
	ssi_out_begin(&v->out, stdout, args->json);
	rc = ssi_out_end(&v->out, show(v, device));
	close(device);
	return rc ? ssi_cmd_fail("vm", NULL, rc, NULL) : SSI_EXIT_OK;
}

int ssi_cmd_vm(const struct ssi_args *args)
{
	struct vms v = { 0 };
	int rc = ssi_cmd_open("vm", &v.nl);

	if (rc)
		return rc;
	rc = run(&v, args);
	free(v.regions);
	ssi_nl_close(v.nl);
	return rc;
}
