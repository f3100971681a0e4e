// SPDX-License-Identifier: Apache-2.0
#include "validate.h"

#include <string.h>

/* So far clocks may be apart before logs are hard to read side by side. */
#define CLOCK_MS 1000
/* Percent of a share. */
#define FULL 90

/**
 * struct visit - a look at a cluster
 * @facts: of all machines
 * @count: how many
 * @first: the first one that told anything; the others are compared with it
 * @fn: takes findings
 * @arg: passed to it
 */
struct visit {
	const struct ssi_facts *facts;
	unsigned int count;
	const struct ssi_facts *first;
	void (*fn)(const char *host, const struct ssi_finding *f, void *arg);
	void *arg;
};

static void tell(const struct visit *v, const struct ssi_facts *host, const struct ssi_finding *f)
{
	v->fn(host->host, f, v->arg);
}

/* ---- what was told ---- */

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_int_t number_at(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* The first item of a list in a document: machines have one node each. */
static json_t *item_of(const struct ssi_facts *host, const char *document, const char *list)
{
	return json_array_get(
		json_object_get(json_object_get(host->root, document), list), 0);
}

static json_t *node_of(const struct ssi_facts *host)
{
	return item_of(host, "status", "nodes");
}

/* ---- the checks of one machine ---- */

static void check_clock(const struct visit *v, const struct ssi_facts *host)
{
	struct ssi_finding f = { .check = "clock" };
	json_int_t time = number_at(host->root, "time"), off = 0;

	if (time < host->began)
		off = time - host->began;
	else if (time > host->ended)
		off = time - host->ended;
	if (off < -CLOCK_MS || off > CLOCK_MS)
		ssi_doctor_warn(&f, "run an NTP client, such as systemd-timesyncd, on all machines",
				"it is %lld ms from the clock here", (long long)off);
	else
		ssi_doctor_ok(&f, "within a second of the clock here");
	tell(v, host, &f);
}

static void check_room(const struct visit *v, const struct ssi_facts *host)
{
	struct ssi_finding f = { .check = "room" };
	const json_t *node = node_of(host);
	json_int_t share = number_at(node, "share"), used = number_at(node, "used");

	if (share && used > share / 100 * FULL)
		ssi_doctor_warn(&f, "larger shares, more nodes, or fewer regions",
				"%lld of %lld MiB of the share are used", (long long)(used >> 20),
				(long long)(share >> 20));
	else
		ssi_doctor_ok(&f, "%lld of %lld MiB of the share are used",
			      (long long)(used >> 20), (long long)(share >> 20));
	tell(v, host, &f);
	if (!number_at(node, "stalled_faults"))
		return;
	f.check = "memory";
	ssi_doctor_fail(&f, "ssictl status there shows which link is not up",
			"%lld page faults wait for more than a second",
			(long long)number_at(node, "stalled_faults"));
	tell(v, host, &f);
}

static void check_node(const struct visit *v, const struct ssi_facts *host)
{
	struct ssi_finding f = { .check = "node" };
	const json_t *node = node_of(host);

	if (!node)
		ssi_doctor_fail(&f, "ssictl deploy join, or start", "no node has joined here");
	else if (json_is_null(json_object_get(node, "agent")))
		ssi_doctor_fail(&f, "ssictl deploy start",
				"node %s has no agent: links that break stay down",
				text_at(node, "node"));
	else if (strcmp(text_at(node, "state"), "member") != 0)
		ssi_doctor_warn(&f, "ssictl node drain --stop, unless it shall leave",
				"node %s is %s", text_at(node, "node"), text_at(node, "state"));
	else
		ssi_doctor_ok(&f, "node %s, id %lld", text_at(node, "node"),
			      (long long)number_at(node, "id"));
	tell(v, host, &f);
}

/* What the doctor there found, but what is well. */
static void check_doctor(const struct visit *v, const struct ssi_facts *host)
{
	const json_t *checks = json_object_get(json_object_get(host->root, "doctor"), "checks");
	struct ssi_finding f;
	const json_t *check;
	size_t i;

	json_array_foreach(checks, i, check) {
		const char *health = text_at(check, "health"), *remedy = text_at(check, "remedy");

		f = (struct ssi_finding){ .check = text_at(check, "check") };
		if (!strcmp(health, "fail"))
			ssi_doctor_fail(&f, remedy, "%s", text_at(check, "text"));
		else if (!strcmp(health, "warn"))
			ssi_doctor_warn(&f, remedy, "%s", text_at(check, "text"));
		else
			continue;
		tell(v, host, &f);
	}
	f = (struct ssi_finding){ .check = "doctor" };
	if (json_array_size(checks))
		return;
	ssi_doctor_fail(&f, "ssictl deploy install", "it has no ssictl that answers");
	tell(v, host, &f);
}

/* ---- the machines beside each other ---- */

static void check_release(const struct visit *v, const struct ssi_facts *host)
{
	struct ssi_finding f = { .check = "release" };
	const json_t *ours = item_of(v->first, "version", "versions");
	const json_t *its = item_of(host, "version", "versions");
	const char *module = text_at(its, "module");

	if (strcmp(text_at(its, "ssictl"), text_at(ours, "ssictl")) != 0)
		ssi_doctor_fail(&f, "ssictl deploy install, with one release for all",
				"ssictl %s, but %s on %s", text_at(its, "ssictl"),
				text_at(ours, "ssictl"), v->first->host);
	else if (*module && strcmp(module, text_at(its, "ssictl")) != 0)
		ssi_doctor_fail(&f, "stop the node, rmmod ssi_mem, and load it again",
				"module %s, but ssictl %s", module, text_at(its, "ssictl"));
	else if (number_at(its, "protocol") != number_at(ours, "protocol"))
		ssi_doctor_fail(&f, "one release on all machines",
				"its module speaks protocol %lld, that of %s %lld",
				(long long)number_at(its, "protocol"), v->first->host,
				(long long)number_at(ours, "protocol"));
	else
		ssi_doctor_ok(&f, "%s, protocol %lld, kernel %s", text_at(its, "ssictl"),
			      (long long)number_at(its, "protocol"),
			      text_at(host->root, "kernel"));
	tell(v, host, &f);
}

static void check_mtu(const struct visit *v, const struct ssi_facts *host)
{
	struct ssi_finding f = { .check = "mtu" };
	json_int_t mtu = number_at(host->root, "mtu"), first = number_at(v->first->root, "mtu");

	if (mtu != first)
		ssi_doctor_warn(&f, "the same on all machines, and on what is between them",
				"%lld, but %lld on %s", (long long)mtu, (long long)first,
				v->first->host);
	else
		ssi_doctor_ok(&f, "%lld", (long long)mtu);
	tell(v, host, &f);
}

static const json_t *peer_of(const struct ssi_facts *host, json_int_t id)
{
	const json_t *peer;
	size_t i;

	json_array_foreach(json_object_get(node_of(host), "peers"), i, peer) {
		if (number_at(peer, "peer") == id)
			return peer;
	}
	return NULL;
}

static bool is_up(const json_t *peer)
{
	return !strcmp(text_at(peer, "control_link"), "up") &&
	       !strcmp(text_at(peer, "data_link"), "up");
}

/* Each machine is asked about its links, so one link is looked at from both ends. */
static void check_links(const struct visit *v, const struct ssi_facts *host)
{
	struct ssi_finding f = { .check = "links" };
	unsigned int i, up = 0, plain = 0;

	for (i = 0; i < v->count; i++) {
		const json_t *other = node_of(&v->facts[i]), *peer;

		if (&v->facts[i] == host || !other)
			continue;
		peer = peer_of(host, number_at(other, "id"));
		up += is_up(peer);
		plain += is_up(peer) && strcmp(text_at(peer, "transport"), "TLS") != 0;
		if (is_up(peer))
			continue;
		ssi_doctor_fail(&f, "ssictl status on both has the reason",
				"no link to node %lld on %s is up",
				(long long)number_at(other, "id"), v->facts[i].host);
		tell(v, host, &f);
	}
	if (plain)
		ssi_doctor_warn(&f, "join without --plain, unless the network is yours alone",
				"%u of %u links are not encrypted", plain, up);
	else
		ssi_doctor_ok(&f, "%u are up and encrypted", up);
	tell(v, host, &f);
}

static void check_ids(const struct visit *v, const struct ssi_facts *host)
{
	struct ssi_finding f = { .check = "node" };
	const struct ssi_facts *other;

	for (other = v->facts; other < host; other++) {
		if (!node_of(other) || number_at(node_of(other), "id") !=
					       number_at(node_of(host), "id"))
			continue;
		ssi_doctor_fail(&f, "every node needs its own", "%s has the id %lld as well",
				other->host, (long long)number_at(node_of(host), "id"));
		tell(v, host, &f);
	}
}

/* Releases can be compared where there are any. */
static bool has_ssictl(const struct ssi_facts *host)
{
	return item_of(host, "version", "versions") != NULL;
}

static void visit(const struct visit *v, const struct ssi_facts *host)
{
	struct ssi_finding f = { .check = "ssh" };

	if (!host->root) {
		ssi_doctor_fail(&f, "ssh to it by hand shows more", "%s", host->why);
		tell(v, host, &f);
		return;
	}
	if (has_ssictl(host) && has_ssictl(v->first))
		check_release(v, host);
	check_node(v, host);
	if (node_of(host)) {
		check_ids(v, host);
		check_links(v, host);
		check_room(v, host);
	}
	check_mtu(v, host);
	check_clock(v, host);
	check_doctor(v, host);
}

void ssi_validate(const struct ssi_facts *facts, unsigned int count,
		  void (*fn)(const char *host, const struct ssi_finding *f, void *arg), void *arg)
{
	struct visit v = { .facts = facts, .count = count, .fn = fn, .arg = arg };
	unsigned int i;

	for (i = 0; i < count && !v.first; i++)
		v.first = facts[i].root ? &facts[i] : NULL;
	for (i = 0; i < count; i++)
		visit(&v, &facts[i]);
}
