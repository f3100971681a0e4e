// SPDX-License-Identifier: GPL-2.0-only
/*
 * A directory for each node, named by its network namespace and its name. The
 * text is for people and may change with any version; tools use netlink.
 *
 * A file's node is there for as long as the file: debugfs_remove() waits for
 * who reads. What a node lets go meanwhile (peers, regions) is referenced here
 * as everywhere.
 */
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/seq_file.h>
#include "debugfs.h"
#include "node.h"
#include "region.h"
#include "serve.h"

static struct dentry *root;

static u64 age_us(u64 since_ns)
{
	return div_u64(ktime_get_ns() - since_ns, NSEC_PER_USEC);
}

static void show_ids(struct seq_file *m, u64 mask)
{
	DECLARE_BITMAP(ids, 64);

	bitmap_from_u64(ids, mask);
	seq_printf(m, "%*pbl", 64, ids);
}

/* ---- state ---- */

static void show_share(struct seq_file *m, struct ssi_share *share)
{
	seq_printf(m, "share: %llu pages, reserve %llu\n", share->pages,
		   share->reserve);
	seq_printf(m, "  claimed %lld, used %lld, at most %lld\n",
		   atomic64_read(&share->claimed), atomic64_read(&share->used),
		   atomic64_read(&share->peak));
	seq_printf(m, "  pool %u of %u, kept %u of %u\n",
		   READ_ONCE(share->pooled), SSI_SHARE_POOL,
		   READ_ONCE(share->charges.kept), SSI_CHARGES_KEPT);
}

static void show_promises(struct seq_file *m, struct ssi_node *node)
{
	u64 promised = 0, rooms = 0;
	struct ssi_peer *peer;
	unsigned int id;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(node, id);
		if (peer) {
			promised += READ_ONCE(peer->promised);
			rooms += READ_ONCE(peer->rooms);
		}
		ssi_peer_put(peer);
	}
	seq_printf(m, "  promised to peers %llu, by peers %llu\n", promised,
		   rooms);
}

static void show_evictor(struct seq_file *m, struct ssi_evictor *evictor)
{
	seq_printf(m, "evictor: %s, %d evictions open\n",
		   READ_ONCE(evictor->stopped) ? "stopped" :
		   work_busy(&evictor->work) ? "at work" :
		   delayed_work_pending(&evictor->retry) ? "tries again soon" :
							   "idle",
		   atomic_read(&evictor->open));
	seq_printf(m, "  hand at region %u, page %u\n",
		   READ_ONCE(evictor->region), READ_ONCE(evictor->hand));
}

static void show_call(struct seq_file *m, struct ssi_call *call)
{
	u64 missing;

	spin_lock_bh(&call->lock);
	missing = call->missing;
	spin_unlock_bh(&call->lock);
	seq_puts(m, "management call waits for nodes: ");
	show_ids(m, missing);
	seq_putc(m, '\n');
}

static int state_show(struct seq_file *m, void *unused)
{
	struct ssi_node *node = m->private;

	seq_printf(m, "node: %s, id %u, incarnation %*phN\n", node->name,
		   node->id, SSI_MEM_INCARNATION_LEN, node->incarnation);
	seq_printf(m, "  network namespace %u%s\n", node->net->ns.inum,
		   READ_ONCE(node->leaving) ? ", leaving" : "");
	seq_printf(m, "  hold %llu us\n", div_u64(node->hold_ns, NSEC_PER_USEC));
	show_share(m, &node->share);
	show_promises(m, node);
	show_evictor(m, &node->evictor);
	seq_printf(m, "requests: %u of %u slots taken\n",
		   sbitmap_weight(&node->requests.map), SSI_REQUESTS);
	seq_printf(m, "jobs: %d\n", atomic_read(&node->jobs));
	show_call(m, &node->call);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

/* ---- peers ---- */

static const char *link_state_name(enum ssi_mem_link_state state)
{
	switch (state) {
	case SSI_MEM_LINK_STATE_UP:
		return "up";
	case SSI_MEM_LINK_STATE_RESUMING:
		return "resuming";
	default:
		return "down";
	}
}

static void show_chan(struct seq_file *m, struct ssi_chan *chan)
{
	spin_lock_bh(&chan->lock);
	seq_printf(m, "  %s channel: %s%s, sockets so far %llu",
		   chan->channel ? "data" : "control",
		   link_state_name(chan->state), chan->tls ? ", TLS" : "",
		   chan->sockets);
	if (*chan->why)
		seq_printf(m, ", the last one ended: %s", chan->why);
	seq_printf(m, "\n    sent up to %u, acknowledged before %u, kept %u",
		   chan->tx_seq - 1, chan->tx_acked, chan->unacked);
	seq_printf(m, "\n    expects %u, has told so of %u%s%s\n", chan->rx_seq,
		   chan->rx_told, chan->ack_due ? ", an ACK is due" : "",
		   chan->current_msg ? ", a message is half sent" : "");
	seq_printf(m, "    sent %llu bytes, received %llu\n",
		   chan->sent_bytes, READ_ONCE(chan->received_bytes));
	spin_unlock_bh(&chan->lock);
}

static void show_credit(struct seq_file *m, struct ssi_peer *peer)
{
	unsigned int waiting = 0;
	struct ssi_msg *msg;

	spin_lock_bh(&peer->lock);
	list_for_each_entry(msg, &peer->waiting, list)
		waiting++;
	seq_printf(m, "  requests: %u open there, of %u; %u wait for credit\n",
		   peer->sent - peer->ended, SSI_PEER_CREDITS, waiting);
	seq_printf(m, "  room: %u pages promised by it%s, %u promised to it; it has %u\n",
		   peer->rooms, peer->asked ? " (more is asked for)" : "",
		   peer->promised, peer->hint);
	spin_unlock_bh(&peer->lock);
}

static void show_peer(struct seq_file *m, struct ssi_peer *peer)
{
	seq_printf(m, "peer %u: incarnation %*phN%s%s\n", peer->id,
		   SSI_MEM_INCARNATION_LEN, peer->incarnation,
		   peer->id == peer->node->id ? ", this node" : "",
		   READ_ONCE(peer->left) ? ", left" : "");
	seq_printf(m, "  share: %llu pages, reserve %llu\n", peer->share,
		   peer->reserve);
	show_credit(m, peer);
	show_chan(m, &peer->link.chans[SSI_MEM_CHANNEL_CTL]);
	/* A node talks to itself on one channel. */
	if (peer->id != peer->node->id)
		show_chan(m, &peer->link.chans[SSI_MEM_CHANNEL_DATA]);
}

static int peers_show(struct seq_file *m, void *unused)
{
	struct ssi_peer *peer;
	unsigned int id;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(m->private, id);
		if (peer)
			show_peer(m, peer);
		ssi_peer_put(peer);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(peers);

/* ---- regions ---- */

static void show_change(struct seq_file *m, const struct ssi_change *change)
{
	static const char *const steps[SSI_CHANGE_MAX] = {
		"freeze", "settle", "drain", "report", "build", "adopt",
		"commit", "abort",
	};

	seq_printf(m, "  members change: epoch %u, led by node %u, last step %s\n",
		   READ_ONCE(change->epoch), READ_ONCE(change->leader),
		   steps[READ_ONCE(change->step)]);
}

static void show_region(struct seq_file *m, struct ssi_region *region)
{
	seq_printf(m, "region %s: id %u, generation %u, %u pages, authority %u, members ",
		   region->name, region->id, region->generation, region->pages,
		   ssi_region_authority(region));
	show_ids(m, ssi_region_members(region));
	seq_printf(m, "\n  epoch %u%s%s%s%s\n", READ_ONCE(region->epoch),
		   READ_ONCE(region->closing) ? ", closing" : "",
		   READ_ONCE(region->joining) ? ", joining" : "",
		   READ_ONCE(region->frozen) ? ", frozen" : "",
		   READ_ONCE(region->refusing) ? ", refusing" : "");
	if (READ_ONCE(region->frozen))
		show_change(m, &region->change);
	seq_printf(m, "  open files %u, transactions and requests %d, at work %d\n",
		   READ_ONCE(region->attached), atomic_read(&region->work),
		   atomic_read(&region->running));
	seq_printf(m, "  pages: owned %lld, copies %lld, untouched %lld, lost %lld\n",
		   atomic64_read(&region->owned),
		   atomic64_read(&region->copies),
		   atomic64_read(&region->untouched),
		   atomic64_read(&region->lost));
}

static void each_region(struct seq_file *m,
			void (*show)(struct seq_file *m,
				     struct ssi_region *region))
{
	struct ssi_region *region;
	unsigned long id = 0;

	while ((region = ssi_region_next(m->private, &id))) {
		show(m, region);
		ssi_region_put(region);
		id++;
	}
}

static int regions_show(struct seq_file *m, void *unused)
{
	each_region(m, show_region);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(regions);

/* ---- requests ---- */

static void show_wait(struct seq_file *m, const struct ssi_request *req)
{
	unsigned int home = ssi_region_home_id(req->page.region,
					       req->page.index);

	lockdep_assert_held(&req->lock);
	if (req->answered)
		seq_printf(m, "waits for %d acks", req->acks);
	else if (READ_ONCE(req->ask_msg.sent_ns))
		seq_printf(m, "waits for the answer of home %u", home);
	else
		seq_printf(m, "waits for credit of home %u", home);
}

static void show_request(struct seq_file *m, const struct ssi_request *req)
{
	lockdep_assert_held(&req->lock);
	seq_printf(m, "region %s page %u: %s for %s, txn %llx, age %llu us, ",
		   req->page.region->name, req->page.index,
		   ssi_msg_name(req->ask_msg.hdr.type),
		   req->event == SSI_EV_FWD_EVICT ? "room" :
						    ssi_event_name(req->event),
		   req->id, age_us(req->started_ns));
	show_wait(m, req);
	seq_putc(m, '\n');
}

static int requests_show(struct seq_file *m, void *unused)
{
	struct ssi_node *node = m->private;
	struct ssi_request *req;
	unsigned int i;

	for (i = 0; i < SSI_REQUESTS; i++) {
		req = &node->requests.slots[i];
		spin_lock_bh(&req->lock);
		if (req->id)
			show_request(m, req);
		spin_unlock_bh(&req->lock);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(requests);

/* ---- homes ---- */

static void show_job(struct seq_file *m, const struct ssi_job *job)
{
	seq_printf(m, "%s of node %u, txn %llx, age %llu us\n",
		   ssi_msg_name(job->hdr.type), job->hdr.requester,
		   le64_to_cpu(job->hdr.txn), age_us(job->arrived_ns));
}

static void show_txn(struct seq_file *m, const struct ssi_region *region,
		     const struct ssi_home *home, const struct ssi_job *txn)
{
	const struct ssi_job *waiting;

	lockdep_assert_held(&home->lock);
	seq_printf(m, "region %s page %u: ", region->name,
		   le32_to_cpu(txn->hdr.page));
	show_job(m, txn);
	if (home->granting == txn)
		seq_puts(m, "  grants a range\n");
	list_for_each_entry(waiting, &txn->waiting, list) {
		seq_printf(m, "  behind it page %u: ",
			   le32_to_cpu(waiting->hdr.page));
		show_job(m, waiting);
	}
}

static void show_home(struct seq_file *m, const struct ssi_region *region,
		      struct ssi_home *home)
{
	struct ssi_job *txn;

	spin_lock_bh(&home->lock);
	list_for_each_entry(txn, &home->txns, active)
		show_txn(m, region, home, txn);
	spin_unlock_bh(&home->lock);
}

static void show_homes(struct seq_file *m, struct ssi_region *region)
{
	struct ssi_home *home;
	u32 chunk;

	for (chunk = 0; chunk < ssi_region_chunks(region); chunk++) {
		/* A change of members replaces directories. */
		rcu_read_lock();
		home = ssi_region_home(region, chunk * SSI_CHUNK_PAGES, 0);
		if (home)
			show_home(m, region, home);
		rcu_read_unlock();
		cond_resched();
	}
}

static int homes_show(struct seq_file *m, void *unused)
{
	each_region(m, show_homes);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(homes);

/* ---- coming and going ---- */

/* All of it may fail: then there is nothing to see, and nothing else. */
void ssi_debugfs_setup(void)
{
	root = debugfs_create_dir("ssi_mem", NULL);
}

void ssi_debugfs_cleanup(void)
{
	debugfs_remove(root);
}

/**
 * ssi_debugfs_add() - show a node
 * @node: unique by name in its network namespace
 *
 * Context: process, may sleep; ssi_nodes_mutex is held, so that the name is
 * free.
 */
void ssi_debugfs_add(struct ssi_node *node)
{
	char name[SSI_NAME_MAX + 16];

	lockdep_assert_held(&ssi_nodes_mutex);
	snprintf(name, sizeof(name), "%u-%s", node->net->ns.inum, node->name);
	node->debugfs = debugfs_create_dir(name, root);
	debugfs_create_file("state", 0400, node->debugfs, node, &state_fops);
	debugfs_create_file("peers", 0400, node->debugfs, node, &peers_fops);
	debugfs_create_file("regions", 0400, node->debugfs, node,
			    &regions_fops);
	debugfs_create_file("requests", 0400, node->debugfs, node,
			    &requests_fops);
	debugfs_create_file("homes", 0400, node->debugfs, node, &homes_fops);
}

/**
 * ssi_debugfs_remove() - the node goes
 * @node: all of which is still there
 *
 * Waits for who reads. Context: process, may sleep; ssi_nodes_mutex is held.
 */
void ssi_debugfs_remove(struct ssi_node *node)
{
	lockdep_assert_held(&ssi_nodes_mutex);
	debugfs_remove(node->debugfs);
}
