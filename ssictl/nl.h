/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The netlink family ssi_mem as C calls and structures. nl*.c are the only files
 * that know libnl. Calls return 0 or a negative errno; the text that the
 * kernel adds to a refusal is read with ssi_nl_text().
 */
#ifndef SSICTL_NL_H
#define SSICTL_NL_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/ssi_mem.h>

#define SSI_NL_NAME (SSI_MEM_NAME_MAX + 1)

struct ssi_nl;

/**
 * struct ssi_nl_version - reply of version-get
 * @module: version of the module
 * @protocol: version of the protocol between nodes
 */
struct ssi_nl_version {
	char module[32];
	uint32_t protocol;
};

/**
 * struct ssi_nl_stats - the nested statistics of a node
 * @counter: by SSI_MEM_S_*
 */
struct ssi_nl_stats {
	uint64_t counter[SSI_MEM_S_MAX + 1];
};

/* Most cgroups that pay for one node. */
#define SSI_NL_CHARGES 16

/**
 * struct ssi_nl_charge - a memory cgroup that pays for folios
 * @cgroup: id, the inode number of its directory
 * @bytes: charged to it
 */
struct ssi_nl_charge {
	uint64_t cgroup;
	uint64_t bytes;
};

/**
 * struct ssi_nl_node - one node of this kernel
 * @name: its name
 * @id: its id in the cluster
 * @incarnation: its life
 * @share: bytes given to regions
 * @reserve: bytes beyond the share, for pages in transit
 * @used: bytes held now
 * @peak: most bytes ever held
 * @owned: pages with content that the node owns
 * @copies: read copies
 * @untouched: pages granted and never touched
 * @transit: pages handed over and not yet acknowledged
 * @hold_us: microseconds that a granted page stays at least
 * @stalled: faults that wait for longer than a second
 * @draining: everything that it owns moves to other nodes
 * @epoch: of @members; 0 where nobody told the node who they are
 * @members: of the cluster; bit n is set for node n
 * @charges: memory cgroups that pay, first that of whoever joined
 * @charge_count: of @charges
 * @stats: counters
 */
struct ssi_nl_node {
	char name[SSI_NL_NAME];
	uint32_t id;
	uint8_t incarnation[SSI_MEM_INCARNATION_LEN];
	uint64_t share;
	uint64_t reserve;
	uint64_t used;
	uint64_t peak;
	uint64_t owned;
	uint64_t copies;
	uint64_t untouched;
	uint64_t transit;
	uint32_t hold_us;
	uint32_t stalled;
	bool draining;
	uint64_t epoch;
	uint64_t members;
	struct ssi_nl_charge charges[SSI_NL_CHARGES];
	unsigned int charge_count;
	struct ssi_nl_stats stats;
};

/**
 * struct ssi_nl_hist - one histogram of a node
 * @phase: enum ssi_mem_hist_phase
 * @kind: enum ssi_mem_hist_kind
 * @peer: the home that was asked; SSI_NL_NONE for all requests of the node
 * @bucket: how many times, by length
 */
struct ssi_nl_hist {
	uint32_t phase;
	uint32_t kind;
	uint32_t peer;
	uint64_t bucket[SSI_MEM_HIST_BUCKETS];
};

/**
 * struct ssi_nl_node_cfg - request of node-new
 * @name: of the node
 * @id: of the node
 * @share: bytes
 * @reserve: bytes
 * @hold_us: microseconds
 * @has_hold: @hold_us is given; otherwise the kernel has a default
 */
struct ssi_nl_node_cfg {
	const char *name;
	uint32_t id;
	uint64_t share;
	uint64_t reserve;
	uint32_t hold_us;
	bool has_hold;
};

/**
 * struct ssi_nl_peer - one peer of a node
 * @node: the node
 * @id: id of the peer
 * @incarnation: its life
 * @share: bytes that the peer gives
 * @reserve: its reserve
 * @state: enum ssi_mem_link_state by enum ssi_mem_channel
 * @tls: the sockets have kernel TLS
 * @sockets: handed over so far
 * @unacked: messages kept for replay
 * @has_bytes: the module counts bytes, as earlier ones do not
 * @sent_bytes: of messages to the peer, over all sockets
 * @received_bytes: of messages from it
 */
struct ssi_nl_peer {
	char node[SSI_NL_NAME];
	uint32_t id;
	uint8_t incarnation[SSI_MEM_INCARNATION_LEN];
	uint64_t share;
	uint64_t reserve;
	uint32_t state[2];
	bool tls;
	uint64_t sockets;
	uint32_t unacked;
	bool has_bytes;
	uint64_t sent_bytes;
	uint64_t received_bytes;
};

/**
 * struct ssi_nl_link - request of link-set
 * @peer: id of the peer
 * @channel: enum ssi_mem_channel
 * @fd: connected socket
 * @incarnation: of the peer
 * @tls: the socket has kernel TLS
 */
struct ssi_nl_link {
	uint32_t peer;
	uint32_t channel;
	int fd;
	const uint8_t *incarnation;
	bool tls;
};

/**
 * struct ssi_nl_region - one region of a node
 * @node: the node
 * @name: of the region
 * @id: of the region
 * @size: bytes
 * @members: bit n is set when node n is a member
 * @uid: user that owns it
 * @gid: its group
 * @mode: permission bits
 * @authority: node that created it
 * @homed: chunks homed on the node
 * @attached: open files on the node
 * @cgroup: id of the memory cgroup that pays for what it takes there
 * @owned: pages with content that the node owns
 * @copies: read copies
 * @untouched: pages granted and never touched
 * @epoch: counts the changes of its members
 * @frozen: its members change now
 * @lost: pages that were found lost here
 * @transit: pages handed over and not yet acknowledged
 * @homes: chunks homed, by node id
 * @prefetch: pages asked for ahead of a thread, at most
 * @prefetch_now: the same, as it has paid lately
 * @prefetch_asked: pages asked for before they were touched
 * @prefetch_used: of those, touched after they had come
 * @prefetch_late: of those, touched while they were on their way
 * @prefetch_unused: of those, gone without having been touched
 * @prefetch_refused: of those, not given
 */
struct ssi_nl_region {
	char node[SSI_NL_NAME];
	char name[SSI_NL_NAME];
	uint32_t id;
	uint64_t size;
	uint64_t members;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t authority;
	uint32_t homed;
	uint32_t attached;
	uint64_t cgroup;
	uint64_t owned;
	uint64_t copies;
	uint64_t untouched;
	uint32_t epoch;
	bool frozen;
	uint64_t lost;
	uint64_t transit;
	uint32_t homes[SSI_MEM_NODE_ID_MAX + 1];
	uint32_t prefetch;
	uint32_t prefetch_now;
	uint64_t prefetch_asked;
	uint64_t prefetch_used;
	uint64_t prefetch_late;
	uint64_t prefetch_unused;
	uint64_t prefetch_refused;
};

/**
 * struct ssi_nl_range - which pages of a region
 * @first: page index
 * @pages: how many; 0 for all from @first on
 */
struct ssi_nl_range {
	uint64_t first;
	uint64_t pages;
};

/**
 * struct ssi_nl_run - pages of which a node says the same
 * @range: the pages, all of one chunk
 * @home: node that keeps their directory
 * @state: enum ssi_mem_page_state
 * @flags: enum ssi_mem_page_flags
 * @owner: node whose copy is current; SSI_NL_NONE where that is not known
 * @sharers: bit n is set when node n has a copy, where @homed_here
 * @homed_here: the node has the directory
 */
struct ssi_nl_run {
	struct ssi_nl_range range;
	uint32_t home;
	uint32_t state;
	uint32_t flags;
	uint32_t owner;
	uint64_t sharers;
	bool homed_here;
};

/**
 * struct ssi_nl_chunk - a chunk of a region on one node
 * @range: its pages
 * @home: node that keeps its directory
 * @states: pages in it by enum ssi_mem_page_state
 * @moving: pages that are pending, busy or leaving
 * @has_faults: the kernel counts them
 * @faults: page faults here that another node answered
 * @homed_here: the node is the home, and what follows is told
 * @granted: pages with an owner
 * @transactions: pages with a transaction under way
 */
struct ssi_nl_chunk {
	struct ssi_nl_range range;
	uint32_t home;
	uint32_t states[SSI_MEM_PAGE_STATE_MAX + 1];
	uint32_t moving;
	bool has_faults;
	uint64_t faults;
	bool homed_here;
	uint32_t granted;
	uint32_t transactions;
};

/**
 * struct ssi_nl_hot - a page that a node hands over often
 * @region: its name
 * @page: index
 * @moves: how often, at least
 */
struct ssi_nl_hot {
	char region[SSI_NL_NAME];
	uint64_t page;
	uint64_t moves;
};

/**
 * struct ssi_nl_event - something happened
 * @type: enum ssi_mem_event_type; says which of the others mean something
 * @node: of which node
 * @id: of the node
 * @peer: of a link: the other node; SSI_NL_NONE if it is missing
 * @channel: of a link: enum ssi_mem_channel; SSI_NL_NONE if it is missing
 * @region: of regions, stalls and pinned pages: its name
 * @page: of stalls and pinned pages: index within the region
 */
struct ssi_nl_event {
	uint32_t type;
	char node[SSI_NL_NAME];
	uint32_t id;
	uint32_t peer;
	uint32_t channel;
	char region[SSI_NL_NAME];
	uint64_t page;
};

#define SSI_NL_NONE UINT32_MAX

/* What a dump calls for every object; nonzero ends the dump and is returned. */
typedef int (*ssi_nl_node_fn)(const struct ssi_nl_node *node, void *arg);
typedef int (*ssi_nl_hist_fn)(const struct ssi_nl_hist *hist, void *arg);
typedef int (*ssi_nl_peer_fn)(const struct ssi_nl_peer *peer, void *arg);
typedef int (*ssi_nl_region_fn)(const struct ssi_nl_region *region, void *arg);
typedef int (*ssi_nl_run_fn)(const struct ssi_nl_run *run, void *arg);
typedef int (*ssi_nl_chunk_fn)(const struct ssi_nl_chunk *chunk, void *arg);
typedef int (*ssi_nl_hot_fn)(const struct ssi_nl_hot *hot, void *arg);
typedef void (*ssi_nl_event_fn)(const struct ssi_nl_event *event, void *arg);

/**
 * ssi_nl_open - connect to the kernel module
 * @out: the connection, or NULL
 *
 * Return: 0; -ENOENT when the module is not loaded; -EPROTONOSUPPORT when it
 * speaks another version of the family: there is a connection then, for
 * ssi_nl_text() alone; another negative errno.
 */
int ssi_nl_open(struct ssi_nl **out);

/**
 * ssi_nl_close - end a connection
 * @nl: the connection, or NULL
 */
void ssi_nl_close(struct ssi_nl *nl);

/**
 * ssi_nl_text - the kernel's own words about the last refusal
 * @nl: the connection, or NULL
 *
 * Return: the text, empty if there was none.
 */
const char *ssi_nl_text(const struct ssi_nl *nl);

/**
 * ssi_nl_version_get - ask for the versions
 * @nl: the connection
 * @version: filled in
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_version_get(struct ssi_nl *nl, struct ssi_nl_version *version);

/**
 * ssi_nl_node_new - create a node
 * @nl: the connection
 * @cfg: what it shall be
 * @node: what it is
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_node_new(struct ssi_nl *nl, const struct ssi_nl_node_cfg *cfg, struct ssi_nl_node *node);

/**
 * ssi_nl_node_del - let a node leave
 * @nl: the connection
 * @node: its name; NULL where there is one only
 * @force: though content is lost
 * @timeout_ms: deadline
 * @lost: set to the pages that nobody has any more
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_node_del(struct ssi_nl *nl, const char *node, bool force, uint32_t timeout_ms,
		    uint64_t *lost);

/**
 * ssi_nl_node_drain - begin or stop to move all that a node owns to others
 * @nl: the connection
 * @node: its name; NULL where there is one only
 * @stop: stop instead of begin
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_node_drain(struct ssi_nl *nl, const char *node, bool stop);

/**
 * ssi_nl_members_set - tell a node who the members of the cluster are
 * @nl: the connection
 * @node: its name; NULL where there is one only
 * @epoch: 1 or more; it grows with each change
 * @members: bit n is set when node n is a member
 *
 * Return: 0; -ESTALE the node knows those of a later epoch; another negative errno.
 */
int ssi_nl_members_set(struct ssi_nl *nl, const char *node, uint64_t epoch, uint64_t members);

/**
 * ssi_nl_peer_forget - declare a node dead
 * @nl: the connection
 * @node: name of the local node; NULL where there is one only
 * @dead: id of the dead one, and @timeout_ms, the deadline
 * @lost: set to the pages that nobody has any more
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_peer_forget(struct ssi_nl *nl, const char *node, uint32_t dead, uint32_t timeout_ms,
		       uint64_t *lost);

/**
 * ssi_nl_node_each - read a node or all of them
 * @nl: the connection
 * @node: name; NULL for all
 * @fn: called for each
 * @arg: passed to @fn
 *
 * Return: 0, the result of @fn, or a negative errno.
 */
int ssi_nl_node_each(struct ssi_nl *nl, const char *node, ssi_nl_node_fn fn, void *arg);

/**
 * ssi_nl_hist_each - read all histograms of a node in which there is something
 * @nl: the connection
 * @node: name; NULL where there is one only
 * @fn: called for each
 * @arg: passed to @fn
 *
 * Return: 0, the result of @fn, or a negative errno.
 */
int ssi_nl_hist_each(struct ssi_nl *nl, const char *node, ssi_nl_hist_fn fn, void *arg);

/**
 * ssi_nl_stats_reset - let all counters and histograms of a node begin anew
 * @nl: the connection
 * @node: name; NULL where there is one only
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_stats_reset(struct ssi_nl *nl, const char *node);

/**
 * ssi_nl_link_set - hand a socket to the kernel; the caller still closes its own descriptor
 * @nl: the connection
 * @node: name of the local node
 * @link: the socket and what it is for
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_link_set(struct ssi_nl *nl, const char *node, const struct ssi_nl_link *link);

/**
 * ssi_nl_peer_get - read one peer
 * @nl: the connection
 * @node: name of the local node
 * @id: of the peer
 * @peer: filled in
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_peer_get(struct ssi_nl *nl, const char *node, uint32_t id, struct ssi_nl_peer *peer);

/**
 * ssi_nl_peer_each - read all peers of a node
 * @nl: the connection
 * @node: name; NULL where there is one only
 * @fn: called for each
 * @arg: passed to @fn
 *
 * Return: 0, the result of @fn, or a negative errno.
 */
int ssi_nl_peer_each(struct ssi_nl *nl, const char *node, ssi_nl_peer_fn fn, void *arg);

/**
 * ssi_nl_region_new - create a region over a node and its peers
 * @nl: the connection
 * @node: name; NULL where there is one only
 * @region: name, size, owner and mode of the region; its id and members are filled in
 * @timeout_ms: deadline
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_region_new(struct ssi_nl *nl, const char *node, struct ssi_nl_region *region,
		      uint32_t timeout_ms);

/**
 * ssi_nl_region_del - delete a region on all members
 * @nl: the connection
 * @node: name; NULL where there is one only
 * @region: name of the region
 * @timeout_ms: deadline
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_region_del(struct ssi_nl *nl, const char *node, const char *region, uint32_t timeout_ms);

/**
 * ssi_nl_region_extend - make a peer a member of a region
 * @nl: the connection
 * @node: name; NULL where there is one only
 * @region: name of the region
 * @peer: id of the peer
 * @timeout_ms: deadline
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_region_extend(struct ssi_nl *nl, const char *node, const char *region, uint32_t peer,
			 uint32_t timeout_ms);

/**
 * ssi_nl_region_set - change how a region is used on a node
 * @nl: the connection
 * @node: name; NULL where there is one only
 * @region: name of the region
 * @prefetch: pages to ask for ahead of a thread, at most; 0 for none
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_region_set(struct ssi_nl *nl, const char *node, const char *region, uint32_t prefetch);

/**
 * ssi_nl_region_get - read one region
 * @nl: the connection
 * @node: name; NULL where there is one only
 * @name: of the region
 * @region: filled in
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_region_get(struct ssi_nl *nl, const char *node, const char *name,
		      struct ssi_nl_region *region);

/**
 * ssi_nl_run_each - read what a node sees of the pages of a region
 * @nl: the connection
 * @region: of which the node and the name are used
 * @range: which pages
 * @fn: called for each run of equal pages, in order
 * @arg: passed to @fn
 *
 * Return: 0, the result of @fn, or a negative errno.
 */
int ssi_nl_run_each(struct ssi_nl *nl, const struct ssi_nl_region *region,
		    const struct ssi_nl_range *range, ssi_nl_run_fn fn, void *arg);

/**
 * ssi_nl_chunk_each - read what a node sees of the chunks of a region
 * @nl: the connection
 * @region: of which the node and the name are used
 * @range: pages; each chunk that has one of them is told
 * @fn: called for each, in order
 * @arg: passed to @fn
 *
 * Return: 0, the result of @fn, or a negative errno.
 */
int ssi_nl_chunk_each(struct ssi_nl *nl, const struct ssi_nl_region *region,
		      const struct ssi_nl_range *range, ssi_nl_chunk_fn fn, void *arg);

/**
 * ssi_nl_hot_each - read which pages of a region a node hands over most
 * @nl: the connection
 * @region: of which the node and the name are used
 * @fn: called for each, in no order
 * @arg: passed to @fn
 *
 * Return: 0, the result of @fn, or a negative errno; -EOPNOTSUPP from a module that
 * does not count them.
 */
int ssi_nl_hot_each(struct ssi_nl *nl, const struct ssi_nl_region *region, ssi_nl_hot_fn fn,
		    void *arg);

/**
 * ssi_nl_region_each - read all regions of a node
 * @nl: the connection
 * @node: name; NULL where there is one only
 * @fn: called for each
 * @arg: passed to @fn
 *
 * Return: 0, the result of @fn, or a negative errno.
 */
int ssi_nl_region_each(struct ssi_nl *nl, const char *node, ssi_nl_region_fn fn, void *arg);

/**
 * ssi_nl_events_open - subscribe to events; the connection serves for nothing else
 * @out: the connection, or NULL
 *
 * Return: as ssi_nl_open().
 */
int ssi_nl_events_open(struct ssi_nl **out);

/**
 * ssi_nl_events_fd - descriptor to poll for events
 * @nl: from ssi_nl_events_open()
 *
 * Return: the descriptor.
 */
int ssi_nl_events_fd(const struct ssi_nl *nl);

/**
 * ssi_nl_events_read - take in what has arrived; never waits
 * @nl: from ssi_nl_events_open()
 * @fn: called for each event
 * @arg: passed to @fn
 *
 * Return: 0; -ENOBUFS when events were lost; -ENODEV when the module was
 * unloaded; another negative errno.
 */
int ssi_nl_events_read(struct ssi_nl *nl, ssi_nl_event_fn fn, void *arg);

#endif /* SSICTL_NL_H */
