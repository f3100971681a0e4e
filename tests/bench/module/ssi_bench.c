// SPDX-License-Identifier: GPL-2.0-only
/*
 * The floor under a remote page fault: messages round a ring of TCP sockets,
 * received and sent as ssi_mem does, and nothing else. See ssi_bench_dev.h.
 */
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <net/tcp.h>
#include "ssi_bench_dev.h"

/* A ring whose messages stop must not keep its caller. */
#define GIVE_UP (60 * HZ)
#define ROUNDS_MAX BIT(20)

/**
 * struct station - where a message ends and the next one begins
 * @ring:	    of which it is a part
 * @in:		    socket to receive from; a reference to its file is held
 * @out:	    socket to send to; the same
 * @want:	    bytes of a message that comes
 * @bytes:	    of a message that goes
 * @got:	    bytes of the message that is coming
 * @due:	    messages to send on
 * @rx:		    content of the last message
 * @tx:		    content of all messages
 * @work:	    sends on
 * @thread:	    receives and sends, in a blocking ring
 * @old_data_ready: the socket's own callback
 */
struct station {
	struct ring *ring;
	struct socket *in;
	struct socket *out;
	u32 want;
	u32 bytes;
	u32 got;
	atomic_t due;
	void *rx;
	void *tx;
	struct work_struct work;
	struct task_struct *thread;
	void (*old_data_ready)(struct sock *sk);
};

/**
 * struct pinger - waits for its message to come round; messages keep their order
 * @list: in the ring's pingers
 * @done: it has
 */
struct pinger {
	struct list_head list;
	struct completion done;
};

/**
 * struct ring - one open file
 * @setup:    once; then whoever blocks takes turns
 * @mode:     SSI_BENCH_*
 * @stations: how many of @station are in use
 * @station:  in the order of the ring
 * @send:     order of messages is order of @pingers
 * @lock:     of @pingers, softirq-safe
 * @pingers:  whose messages are under way
 * @wq:	      sends on
 * @left:     messages of a stream that are still to come
 * @sunk:     all have come
 */
struct ring {
	struct mutex setup;
	u32 mode;
	u32 stations;
	struct station station[SSI_BENCH_STATIONS];
	struct mutex send;
	spinlock_t lock;
	struct list_head pingers;
	struct workqueue_struct *wq;
	atomic64_t left;
	struct completion sunk;
};

static int send_message(struct station *station)
{
	struct kvec vec = { station->tx, station->bytes };
	struct msghdr msg = { .msg_flags = MSG_NOSIGNAL };
	int ret;

	while (vec.iov_len) {
		ret = kernel_sendmsg(station->out, &msg, &vec, 1, vec.iov_len);
		if (ret < 0)
			return ret;
		vec.iov_len -= ret;
	}
	return 0;
}

static int receive_message(struct station *station)
{
	struct kvec vec = { station->rx, station->want };
	struct msghdr msg = {};
	int ret;

	ret = kernel_recvmsg(station->in, &msg, &vec, 1, station->want,
			     MSG_WAITALL);
	if (ret == station->want)
		return 0;
	return ret < 0 ? ret : -ECONNRESET;
}

/* ---- softirq ---- */

static void end_round(struct ring *ring)
{
	struct pinger *pinger;

	spin_lock_bh(&ring->lock);
	pinger = list_first_entry_or_null(&ring->pingers, struct pinger, list);
	if (pinger) {
		list_del_init(&pinger->list);
		complete(&pinger->done);
	}
	spin_unlock_bh(&ring->lock);
}

static void on_message(struct station *station)
{
	struct ring *ring = station->ring;

	if (station == &ring->station[0]) {
		end_round(ring);
	} else if (ring->mode == SSI_BENCH_STREAM) {
		if (atomic64_dec_and_test(&ring->left))
			complete(&ring->sunk);
	} else {
		atomic_inc(&station->due);
		queue_work(ring->wq, &station->work);
	}
}

static int actor(read_descriptor_t *desc, struct sk_buff *skb,
		 unsigned int offset, size_t length)
{
	struct station *station = desc->arg.data;
	size_t used = 0, part;

	while (used < length) {
		part = min_t(size_t, station->want - station->got, length - used);
		if (skb_copy_bits(skb, offset + used, station->rx + station->got,
				  part))
			break;
		used += part;
		station->got += part;
		if (station->got == station->want) {
			station->got = 0;
			on_message(station);
		}
	}
	return used;
}

static void on_data_ready(struct sock *sk)
{
	read_descriptor_t desc = { .count = 1 };

	read_lock_bh(&sk->sk_callback_lock);
	desc.arg.data = sk->sk_user_data;
	if (desc.arg.data)
		tcp_read_sock(sk, &desc, actor);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void send_worker(struct work_struct *work)
{
	struct station *station = container_of(work, struct station, work);

	while (atomic_add_unless(&station->due, -1, 0)) {
		if (send_message(station))
			break;
	}
}

static void take_callback(struct station *station)
{
	struct sock *sk = station->in->sk;

	write_lock_bh(&sk->sk_callback_lock);
	station->old_data_ready = sk->sk_data_ready;
	sk->sk_user_data = station;
	sk->sk_data_ready = on_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void return_callback(struct station *station)
{
	struct sock *sk = station->in->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = station->old_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* ---- blocking ---- */

/* Ends with its socket; kthread_stop() then finds it gone. */
static int station_thread(void *data)
{
	struct station *station = data;

	while (!receive_message(station) && !send_message(station))
		;
	return 0;
}

static int start_station_thread(struct station *station)
{
	struct task_struct *thread;

	thread = kthread_create(station_thread, station, "ssi_bench");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	get_task_struct(thread);
	station->thread = thread;
	wake_up_process(thread);
	return 0;
}

/* ---- rounds ---- */

static int go_round_softirq(struct ring *ring)
{
	struct pinger pinger;
	int ret;

	init_completion(&pinger.done);
	mutex_lock(&ring->send);
	spin_lock_bh(&ring->lock);
	list_add_tail(&pinger.list, &ring->pingers);
	spin_unlock_bh(&ring->lock);
	ret = send_message(&ring->station[0]);
	mutex_unlock(&ring->send);
	if (!ret && wait_for_completion_killable_timeout(&pinger.done, GIVE_UP) <= 0)
		ret = -ETIMEDOUT;
	if (ret) {
		spin_lock_bh(&ring->lock);
		list_del(&pinger.list);
		spin_unlock_bh(&ring->lock);
	}
	return ret;
}

static int go_round_blocking(struct ring *ring)
{
	int ret;

	mutex_lock(&ring->send);
	ret = send_message(&ring->station[0]);
	if (!ret)
		ret = receive_message(&ring->station[0]);
	mutex_unlock(&ring->send);
	return ret;
}

static int go_rounds(struct ring *ring, u64 count, u64 *samples)
{
	int (*go_round)(struct ring *ring) = ring->mode == SSI_BENCH_BLOCKING ?
		go_round_blocking : go_round_softirq;
	u64 i, begin;
	int ret = 0;

	for (i = 0; i < count && !ret; i++) {
		begin = ktime_get_ns();
		ret = go_round(ring);
		samples[i] = ktime_get_ns() - begin;
	}
	return ret;
}

static int stream(struct ring *ring, u64 count, u64 *samples)
{
	u64 i, begin = ktime_get_ns();
	int ret = 0;

	mutex_lock(&ring->send);
	reinit_completion(&ring->sunk);
	atomic64_set(&ring->left, count);
	for (i = 0; i < count && !ret; i++)
		ret = send_message(&ring->station[0]);
	if (!ret && wait_for_completion_killable_timeout(&ring->sunk, GIVE_UP) <= 0)
		ret = -ETIMEDOUT;
	mutex_unlock(&ring->send);
	samples[0] = ktime_get_ns() - begin;
	return ret;
}

static long run(struct ring *ring, const void __user *arg)
{
	struct ssi_bench_run run;
	u64 *samples, stored;
	int ret;

	if (copy_from_user(&run, arg, sizeof(run)))
		return -EFAULT;
	if (!ring->stations || !run.count || run.count > ROUNDS_MAX)
		return -EINVAL;
	stored = ring->mode == SSI_BENCH_STREAM ? 1 : run.count;
	samples = kvcalloc(stored, sizeof(*samples), GFP_KERNEL);
	if (!samples)
		return -ENOMEM;
	ret = ring->mode == SSI_BENCH_STREAM ? stream(ring, run.count, samples) :
					       go_rounds(ring, run.count, samples);
	if (!ret && copy_to_user(u64_to_user_ptr(run.samples), samples,
				 stored * sizeof(*samples)))
		ret = -EFAULT;
	kvfree(samples);
	return ret;
}

/* ---- making and ending a ring ---- */

static struct socket *tcp_socket(int fd)
{
	int error;
	struct socket *sock = sockfd_lookup(fd, &error);

	if (!sock)
		return ERR_PTR(error);
	if (sock->sk->sk_protocol == IPPROTO_TCP && !sock->sk->sk_user_data)
		return sock;
	sockfd_put(sock);
	return ERR_PTR(-EPROTOTYPE);
}

static int init_station(struct ring *ring, const struct ssi_bench_ring *wanted,
			u32 i)
{
	struct station *station = &ring->station[i];
	u32 before = (i + wanted->stations - 1) % wanted->stations;

	station->ring = ring;
	station->want = wanted->bytes[before];
	station->bytes = wanted->bytes[i];
	if (!station->bytes || station->bytes > SSI_BENCH_BYTES_MAX ||
	    !station->want || station->want > SSI_BENCH_BYTES_MAX)
		return -EINVAL;
	INIT_WORK(&station->work, send_worker);
	station->rx = (void *)get_zeroed_page(GFP_KERNEL);
	station->tx = (void *)get_zeroed_page(GFP_KERNEL);
	if (!station->rx || !station->tx)
		return -ENOMEM;
	station->in = tcp_socket(wanted->in[i]);
	if (IS_ERR(station->in))
		return PTR_ERR(station->in);
	station->out = tcp_socket(wanted->out[i]);
	if (IS_ERR(station->out))
		return PTR_ERR(station->out);
	tcp_sock_set_nodelay(station->out->sk);
	return 0;
}

static int start_station(struct station *station)
{
	if (station->ring->mode != SSI_BENCH_BLOCKING) {
		take_callback(station);
		return 0;
	}
	return station == &station->ring->station[0] ? 0 : start_station_thread(station);
}

static void stop_station(struct station *station)
{
	if (!IS_ERR_OR_NULL(station->in))
		kernel_sock_shutdown(station->in, SHUT_RDWR);
	if (!IS_ERR_OR_NULL(station->out))
		kernel_sock_shutdown(station->out, SHUT_RDWR);
	if (station->thread) {
		kthread_stop(station->thread);
		put_task_struct(station->thread);
	}
	if (station->old_data_ready)
		return_callback(station);
}

static void free_station(struct station *station)
{
	if (!IS_ERR_OR_NULL(station->in))
		sockfd_put(station->in);
	if (!IS_ERR_OR_NULL(station->out))
		sockfd_put(station->out);
	free_page((unsigned long)station->rx);
	free_page((unsigned long)station->tx);
}

static int make_ring(struct ring *ring, const struct ssi_bench_ring *wanted)
{
	u32 i;
	int ret = 0;

	ring->mode = wanted->mode;
	for (i = 0; i < wanted->stations && !ret; i++)
		ret = init_station(ring, wanted, i);
	for (i = 0; i < wanted->stations && !ret; i++)
		ret = start_station(&ring->station[i]);
	if (!ret)
		ring->stations = wanted->stations;
	return ret;
}

static long setup(struct ring *ring, const void __user *arg)
{
	struct ssi_bench_ring wanted;
	long ret;

	if (copy_from_user(&wanted, arg, sizeof(wanted)))
		return -EFAULT;
	if (wanted.stations < 2 || wanted.stations > SSI_BENCH_STATIONS ||
	    wanted.mode > SSI_BENCH_STREAM)
		return -EINVAL;
	mutex_lock(&ring->setup);
	/* One try: what it left is freed with the file. */
	ret = ring->station[0].ring ? -EBUSY : make_ring(ring, &wanted);
	mutex_unlock(&ring->setup);
	return ret;
}

static int bench_open(struct inode *inode, struct file *file)
{
	struct ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);

	if (!ring)
		return -ENOMEM;
	ring->wq = alloc_workqueue("ssi_bench", WQ_HIGHPRI, 0);
	if (!ring->wq) {
		kfree(ring);
		return -ENOMEM;
	}
	mutex_init(&ring->setup);
	mutex_init(&ring->send);
	spin_lock_init(&ring->lock);
	INIT_LIST_HEAD(&ring->pingers);
	init_completion(&ring->sunk);
	file->private_data = ring;
	return 0;
}

static int bench_release(struct inode *inode, struct file *file)
{
	struct ring *ring = file->private_data;
	int i;

	for (i = 0; i < SSI_BENCH_STATIONS; i++)
		stop_station(&ring->station[i]);
	destroy_workqueue(ring->wq);
	for (i = 0; i < SSI_BENCH_STATIONS; i++)
		free_station(&ring->station[i]);
	kfree(ring);
	return 0;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ring *ring = file->private_data;

	switch (cmd) {
	case SSI_BENCH_RING:
		return setup(ring, (void __user *)arg);
	case SSI_BENCH_RUN:
		return run(ring, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = bench_open,
	.release = bench_release,
	.unlocked_ioctl = bench_ioctl,
};

static struct miscdevice bench_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ssi_bench",
	.fops = &bench_fops,
	.mode = 0600,
};
module_misc_device(bench_device);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What TCP costs between two kernels, without page faults");
