// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

void ssi_report_name(const uint8_t *incarnation, const char *ending, char path[SSI_REPORT_PATH])
{
	char hex[2 * SSI_MEM_INCARNATION_LEN + 1];
	unsigned int i;

	for (i = 0; i < SSI_MEM_INCARNATION_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", incarnation[i]);
	snprintf(path, SSI_REPORT_PATH, SSI_REPORT_DIR "/%s%s", hex, ending);
}

/* ---- telling ---- */

static json_t *trying_as_json(const struct ssi_report *report)
{
	json_t *list = json_array();
	uint32_t id;

	for (id = 0; id < SSI_NODES; id++) {
		if (report->trying >> id & 1)
			json_array_append_new(list, json_pack("{s:i, s:s}", "peer", (int)id, "why",
							      report->why[id]));
	}
	return list;
}

/* Return: the file, locked, under a name that nobody looks for yet; or -1. */
static int write_aside(const char *path, const struct ssi_report *report)
{
	json_t *root = json_pack("{s:o, s:I, s:s, s:s, s:s, s:b, s:b, s:I, s:s, s:I, s:I, s:s}", "trying",
				 trying_as_json(report), "refused", (json_int_t)report->refused,
				 "caller", report->caller, "refusal", report->refusal,
				 "coordinator", report->coordinator, "dead", report->dead, "fenced",
				 report->fenced,
				 "strangers", (json_int_t)report->strangers, "proof",
				 report->proof, "proved", (json_int_t)report->proved, "expires",
				 (json_int_t)report->expires, "stale", report->stale);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc = fd < 0 || !root ? -1 : json_dumpfd(root, fd, JSON_COMPACT);

	json_decref(root);
	if (rc == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	unlink(path);
	return -1;
}

void ssi_report_write(const uint8_t *incarnation, const struct ssi_report *report, int *fd)
{
	char path[SSI_REPORT_PATH], aside[SSI_REPORT_PATH];
	int next;

	ssi_report_name(incarnation, "", path);
	ssi_report_name(incarnation, ".new", aside);
	mkdir(SSI_REPORT_DIR, 0700);
	next = write_aside(aside, report);
	if (next < 0)
		return;
	rename(aside, path);
	if (*fd >= 0)
		close(*fd);
	*fd = next;
}

void ssi_report_end(const uint8_t *incarnation, int *fd)
{
	char path[SSI_REPORT_PATH];

	if (*fd < 0)
		return;
	ssi_report_name(incarnation, "", path);
	unlink(path);
	close(*fd);
	*fd = -1;
}

/* ---- reading ---- */

static void take_trying(json_t *list, struct ssi_report *report)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		json_int_t id = json_integer_value(json_object_get(item, "peer"));
		const char *why = json_string_value(json_object_get(item, "why"));

		if (id < 0 || id >= SSI_NODES || !why)
			continue;
		report->trying |= 1ull << id;
		snprintf(report->why[id], sizeof(report->why[id]), "%s", why);
	}
}

static void take_text(json_t *root, const char *key, char *to, size_t size)
{
	const char *text = json_string_value(json_object_get(root, key));

	snprintf(to, size, "%s", text ? text : "");
}

static uint64_t take_number(json_t *root, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(root, key));
}

static int take(int fd, struct ssi_report *report)
{
	json_t *root;

	/* Who wrote it holds it for as long as he lives. */
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return -ENOENT;
	root = json_loadfd(fd, 0, NULL);
	if (!root)
		return -ENOENT;
	take_trying(json_object_get(root, "trying"), report);
	report->refused = take_number(root, "refused");
	report->strangers = take_number(root, "strangers");
	report->proved = take_number(root, "proved");
	report->expires = (int64_t)take_number(root, "expires");
	take_text(root, "proof", report->proof, sizeof(report->proof));
	take_text(root, "stale", report->stale, sizeof(report->stale));
	take_text(root, "caller", report->caller, sizeof(report->caller));
	take_text(root, "refusal", report->refusal, sizeof(report->refusal));
	take_text(root, "coordinator", report->coordinator, sizeof(report->coordinator));
	report->dead = json_is_true(json_object_get(root, "dead"));
	report->fenced = json_is_true(json_object_get(root, "fenced"));
	json_decref(root);
	return 0;
}

int ssi_report_read(const uint8_t *incarnation, struct ssi_report *report)
{
	char path[SSI_REPORT_PATH];
	int fd, rc;

	memset(report, 0, sizeof(*report));
	ssi_report_name(incarnation, "", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	rc = take(fd, report);
	close(fd);
	return rc;
}
