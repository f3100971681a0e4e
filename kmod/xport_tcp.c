// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport over a TCP socket that user space made and authenticated.
 *
 * Two receive drivers feed one assembler: plain sockets are read in softirq
 * by tcp_read_sock(), straight from the segments into the page; sockets with
 * kernel TLS are read by a worker, since decryption needs one.
 */
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/workqueue.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tls.h>
#include "xport.h"

/* The largest record. */
#define TLS_BUFFER_ORDER get_order(TLS_MAX_PAYLOAD_SIZE)
#define TLS_BUFFER_SIZE	 (PAGE_SIZE << TLS_BUFFER_ORDER)

/**
 * struct ssi_tcp - a transport over TCP
 * @xport:	      the contract
 * @sock:	      the socket; a reference to its file is held
 * @vec:	      parts of what is being sent; one sends at a time
 * @rx:		      the message under way; under the socket lock (plain), or
 *		      by the worker only (TLS)
 * @rx_error:	      why receiving ended, 0 while it goes on
 * @buffer:	      what was decrypted; with TLS alone, and by the worker only
 * @filled:	      bytes of it that were
 * @used:	      of these, taken from it
 * @rx_work:	      reads: always with TLS, after a lack of memory without
 * @retry_work:	      has kernel TLS do what it had no memory for
 * @wq:		      runs both, one at a time; a worker that may be needed to free
 *		      memory
 * @old_data_ready:   the socket's own callback
 * @old_state_change: the socket's own callback
 * @old_write_space:  the socket's own callback
 * @old_error_report: the socket's own callback
 * @sk_class:	      for lockdep: the socket's lock's own class, or ours as long
 *		      as it has its own
 * @tls_class:	      the same of kernel TLS's lock
 */
struct ssi_tcp {
	struct ssi_xport xport;
	struct socket *sock;
	struct kvec vec[2 * SSI_XPORT_BATCH];
	struct ssi_xport_rx rx;
	int rx_error;
	struct page *buffer;
	u32 filled;
	u32 used;
	struct work_struct rx_work;
	struct delayed_work retry_work;
	struct workqueue_struct *wq;
	void (*old_data_ready)(struct sock *sk);
	void (*old_state_change)(struct sock *sk);
	void (*old_write_space)(struct sock *sk);
	void (*old_error_report)(struct sock *sk);
	struct lockdep_map sk_class;
	struct lockdep_map tls_class;
};

/*
 * The first socket that may use the memory reserves switches code on in all
 * of the network stack, and the last one off: by patching the kernel's text,
 * which stops every CPU. This one is always there, so that links may break and
 * come back without that.
 */
static struct socket *memalloc_anchor;

int ssi_xport_tcp_setup(void)
{
	int ret = sock_create_kern(&init_net, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
				   &memalloc_anchor);

	if (!ret)
		sk_set_memalloc(memalloc_anchor->sk);
	return ret;
}

void ssi_xport_tcp_cleanup(void)
{
	sk_clear_memalloc(memalloc_anchor->sk);
	sock_release(memalloc_anchor);
}

/* ---- assembler ---- */

/* Where the next bytes go, and how many are wanted there. */
static void *rx_part(struct ssi_xport_rx *rx, size_t *want)
{
	if (!rx->begun) {
		*want = sizeof(rx->hdr) - rx->got;
		return (u8 *)&rx->hdr + rx->got;
	}
	*want = sizeof(rx->hdr) + le32_to_cpu(rx->hdr.length) - rx->got;
	return (u8 *)rx->body + (rx->got - sizeof(rx->hdr));
}

/*
 * Account for bytes that were stored, and hand over what is complete. Also
 * called with 0 bytes, to go on after -ENOMEM.
 */
static int rx_advance(struct ssi_tcp *tcp, size_t bytes)
{
	const struct ssi_xport_user *user = tcp->xport.user;
	struct ssi_xport_rx *rx = &tcp->rx;
	int ret;

	rx->got += bytes;
	if (!rx->begun && rx->got == sizeof(rx->hdr)) {
		rx->body = NULL;
		ret = user->rx_begin(tcp->xport.ctx, &rx->hdr, &rx->body);
		if (ret)
			return ret;
		if (!rx->body)
			rx->body = rx->scratch;
		rx->begun = true;
	}
	if (!rx->begun ||
	    rx->got < sizeof(rx->hdr) + le32_to_cpu(rx->hdr.length))
		return 0;
	rx->begun = false;
	rx->got = 0;
	return user->rx_end(tcp->xport.ctx, &rx->hdr, rx->body);
}

/* A header waits for memory. */
static bool rx_starves(const struct ssi_tcp *tcp)
{
	return !tcp->rx.begun && tcp->rx.got == sizeof(tcp->rx.hdr);
}

/* ---- receive driver for plain sockets ---- */

static int tcp_actor(read_descriptor_t *desc, struct sk_buff *skb,
		     unsigned int offset, size_t length)
{
	struct ssi_tcp *tcp = desc->arg.data;
	size_t used = 0, want, part;
	void *to;
	int ret;

	/* The core looks at ->count at the end of an skb alone. */
	if (tcp->rx_error)
		return 0;
	while (used < length) {
		to = rx_part(&tcp->rx, &want);
		part = min(want, length - used);
		ret = skb_copy_bits(skb, offset + used, to, part);
		if (!ret)
			ret = rx_advance(tcp, part);
		used += part;
		if (ret) {
			tcp->rx_error = ret;
			desc->count = 0;
			break;
		}
	}
	return used;
}

static int tcp_read(struct ssi_tcp *tcp)
{
	read_descriptor_t desc = { .arg.data = tcp, .count = 1 };

	if (tcp->rx_error)
		return tcp->rx_error;
	tcp_read_sock(tcp->sock->sk, &desc, tcp_actor);
	return tcp->rx_error;
}

/* Process context: mend the lack of memory that stopped the softirq. */
static int tcp_reread(struct ssi_tcp *tcp)
{
	int ret;

	for (;;) {
		tcp->xport.user->rx_starved(tcp->xport.ctx);
		lock_sock(tcp->sock->sk);
		if (tcp->rx_error == -ENOMEM) {
			tcp->rx_error = 0;
			if (rx_starves(tcp))
				tcp->rx_error = rx_advance(tcp, 0);
		}
		ret = tcp_read(tcp);
		release_sock(tcp->sock->sk);
		if (ret != -ENOMEM)
			return ret;
	}
}

/* ---- receive driver for kernel TLS ---- */

/*
 * Kernel TLS decrypts straight into pages that have room for the record. Whose page
 * it is nobody knows before, so they are the transport's own, and large enough for
 * any record.
 */
static int tls_fill(struct ssi_tcp *tcp)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
	struct bio_vec vec = {
		.bv_page = tcp->buffer, .bv_len = TLS_BUFFER_SIZE,
	};
	int ret;

	iov_iter_bvec(&msg.msg_iter, ITER_DEST, &vec, 1, TLS_BUFFER_SIZE);
	ret = sock_recvmsg(tcp->sock, &msg, MSG_DONTWAIT);
	if (ret <= 0)
		return ret ?: -ESHUTDOWN;
	tcp->used = 0;
	tcp->filled = ret;
	return 0;
}

/* Some of what is in the buffer goes where it belongs. */
static int tls_take(struct ssi_tcp *tcp)
{
	size_t want;
	void *to = rx_part(&tcp->rx, &want);

	want = min_t(size_t, want, tcp->filled - tcp->used);
	memcpy(to, page_address(tcp->buffer) + tcp->used, want);
	tcp->used += want;
	return rx_advance(tcp, want);
}

static bool tls_has_bytes(struct ssi_tcp *tcp)
{
	return !skb_queue_empty_lockless(&tcp->sock->sk->sk_receive_queue);
}

/*
 * Kernel TLS looks for a record when bytes come, unless somebody has the socket or
 * there is no memory; it tells nobody when it looks later. So bytes that are queued
 * are reason enough to ask for one. An end of the connection is told by on_change().
 */
static bool tls_has_more(struct ssi_tcp *tcp)
{
	return sk_is_readable(tcp->sock->sk) || tls_has_bytes(tcp);
}

static int tls_read_some(struct ssi_tcp *tcp)
{
	if (rx_starves(tcp)) {
		tcp->xport.user->rx_starved(tcp->xport.ctx);
		return rx_advance(tcp, 0);
	}
	if (tcp->used < tcp->filled)
		return tls_take(tcp);
	return tls_has_more(tcp) ? tls_fill(tcp) : -EAGAIN;
}

/*
 * What stays queued is a part of a record, of which the rest will come; or kernel TLS
 * had no memory, and nothing need come any more. So it is asked once more: after a
 * tick, since there may still be no memory.
 */
static int tls_read(struct ssi_tcp *tcp)
{
	int ret = 0;

	while (!tcp->rx_error && ret != -EAGAIN) {
		ret = tls_read_some(tcp);
		if (ret && ret != -EAGAIN && ret != -ENOMEM)
			tcp->rx_error = ret;
	}
	if (!tcp->rx_error && tls_has_bytes(tcp))
		queue_delayed_work(tcp->wq, &tcp->retry_work, 1);
	return tcp->rx_error;
}

static void rx_worker(struct work_struct *work)
{
	struct ssi_tcp *tcp = container_of(work, struct ssi_tcp, rx_work);
	int ret;

	ret = tcp->xport.tls ? tls_read(tcp) : tcp_reread(tcp);
	if (ret)
		tcp->xport.user->broken(tcp->xport.ctx, ret);
}

/*
 * Kernel TLS says that it has sent a record for which TCP had no memory, and sends
 * it when it hears of space. Where nothing is under way that could be acknowledged
 * it hears of that at once, from within TCP, while it does not listen yet. So it is
 * told once more.
 */
static void tls_resend(struct ssi_tcp *tcp)
{
	struct sock *sk = tcp->sock->sk;

	/* Nobody is in the middle of sending. */
	lock_sock(sk);
	tcp->old_write_space(sk);
	release_sock(sk);
}

static void retry_tls(struct work_struct *work)
{
	struct ssi_tcp *tcp = container_of(to_delayed_work(work),
					   struct ssi_tcp, retry_work);

	tls_resend(tcp);
	rx_worker(&tcp->rx_work);
}

/* ---- socket callbacks ---- */

static void on_data_ready(struct sock *sk)
{
	struct ssi_tcp *tcp;
	int ret;

	read_lock_bh(&sk->sk_callback_lock);
	tcp = sk->sk_user_data;
	if (!tcp)
		goto out;
	if (tcp->xport.tls) {
		tcp->old_data_ready(sk);
		queue_work(tcp->wq, &tcp->rx_work);
		goto out;
	}
	ret = tcp_read(tcp);
	if (ret == -ENOMEM)
		queue_work(tcp->wq, &tcp->rx_work);
	else if (ret)
		tcp->xport.user->broken(tcp->xport.ctx, ret);
out:
	read_unlock_bh(&sk->sk_callback_lock);
}

static void on_write_space(struct sock *sk)
{
	struct ssi_tcp *tcp;

	read_lock_bh(&sk->sk_callback_lock);
	tcp = sk->sk_user_data;
	if (tcp) {
		tcp->old_write_space(sk);
		if (tcp->xport.tls)
			queue_delayed_work(tcp->wq, &tcp->retry_work, 1);
		tcp->xport.user->writable(tcp->xport.ctx);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static bool tcp_is_over(const struct sock *sk)
{
	return sk->sk_err || sk->sk_state != TCP_ESTABLISHED;
}

static void tcp_check_over(struct ssi_tcp *tcp)
{
	struct sock *sk = tcp->sock->sk;

	if (tcp_is_over(sk))
		tcp->xport.user->broken(tcp->xport.ctx,
					sk->sk_err ? -sk->sk_err : -ESHUTDOWN);
}

/* For both ->sk_state_change and ->sk_error_report. */
static void on_change(struct sock *sk)
{
	struct ssi_tcp *tcp;

	read_lock_bh(&sk->sk_callback_lock);
	tcp = sk->sk_user_data;
	if (tcp)
		tcp_check_over(tcp);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* Two callers may hand over one socket at once: one of them gets it. */
static bool tcp_claim(struct ssi_tcp *tcp)
{
	struct sock *sk = tcp->sock->sk;
	bool free;

	write_lock_bh(&sk->sk_callback_lock);
	free = !sk->sk_user_data;
	if (free)
		sk->sk_user_data = tcp;
	write_unlock_bh(&sk->sk_callback_lock);
	return free;
}

static void tcp_take_callbacks(struct ssi_tcp *tcp)
{
	struct sock *sk = tcp->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	tcp->old_data_ready = sk->sk_data_ready;
	tcp->old_state_change = sk->sk_state_change;
	tcp->old_write_space = sk->sk_write_space;
	tcp->old_error_report = sk->sk_error_report;
	sk->sk_data_ready = on_data_ready;
	sk->sk_state_change = on_change;
	sk->sk_write_space = on_write_space;
	sk->sk_error_report = on_change;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void tcp_return_callbacks(struct ssi_tcp *tcp)
{
	struct sock *sk = tcp->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = tcp->old_data_ready;
	sk->sk_state_change = tcp->old_state_change;
	sk->sk_write_space = tcp->old_write_space;
	sk->sk_error_report = tcp->old_error_report;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* ---- classes of locks ---- */

/*
 * Of sockets lockdep knows, by class, that a write() holds their locks while it
 * copies from user space, which may fault: the mm's lock comes after them. To
 * ours a page fault writes, that holds the mm's lock already. They are not the
 * same sockets: what is sent on ours is the module's memory, and whoever handed
 * one over has no more business with it. So ours are of classes of their own,
 * for as long as they are ours: a descriptor that user space has kept may outlive
 * the module, and with it the keys.
 */
#ifdef CONFIG_DEBUG_LOCK_ALLOC
static struct lock_class_key sk_key, tls_key;

static void init_classes(struct ssi_tcp *tcp)
{
	tcp->sk_class = (struct lockdep_map){ .key = &sk_key,
					      .name = "sk_lock-ssi_mem" };
	tcp->tls_class = (struct lockdep_map){ .key = &tls_key,
					       .name = "tx_lock-ssi_mem" };
}

/* The lock is held, as lock_set_class() wants it. */
static void swap_class(struct lockdep_map *map, struct lockdep_map *other)
{
	struct lockdep_map old = *map;

	lock_set_class(map, other->name, other->key, 0, _THIS_IP_);
	*other = old;
}

static void swap_classes(struct ssi_tcp *tcp)
{
	struct sock *sk = tcp->sock->sk;
	struct tls_context *tls = tcp->xport.tls ? tls_get_ctx(sk) : NULL;

	if (tls) {
		mutex_lock(&tls->tx_lock);
		swap_class(&tls->tx_lock.dep_map, &tcp->tls_class);
		mutex_unlock(&tls->tx_lock);
	}
	lock_sock(sk);
	swap_class(&sk->sk_lock.dep_map, &tcp->sk_class);
	release_sock(sk);
}
#else
static void init_classes(struct ssi_tcp *tcp)
{
}

static void swap_classes(struct ssi_tcp *tcp)
{
}
#endif

/* ---- operations ---- */

static void start_tcp(struct ssi_xport *xport)
{
	struct ssi_tcp *tcp = container_of(xport, struct ssi_tcp, xport);
	struct sock *sk = tcp->sock->sk;

	lock_sock(sk);
	/* Page faults wait for this socket, so it must not wait for them. */
	sk->sk_allocation = GFP_NOIO;
	/* And they come while a program puts together a message of its own. */
	ssi_compat_own_frag(sk);
	sk_set_memalloc(sk);
	tcp_take_callbacks(tcp);
	/* Bytes or an end may have come before the callbacks were there. */
	if (!tcp->xport.tls)
		tcp_read(tcp);
	release_sock(sk);
	if (tcp->xport.tls || tcp->rx_error)
		queue_work(tcp->wq, &tcp->rx_work);
	tcp_check_over(tcp);
}

/*
 * The core says -EAGAIN also when there was no memory for what there is room for.
 * It calls on_write_space() when the peer acknowledges, and that may have nothing
 * to acknowledge.
 */
static int why_again(const struct sock *sk, bool atomic)
{
	if (!sk_stream_is_writeable(sk))
		return -EAGAIN;
	return atomic ? -EBUSY : -ENOMEM;
}

/* What is left of a part from byte @skip on, if anything is. */
static unsigned int add_part(struct kvec *vec, const void *base, u32 length,
			     u32 skip)
{
	if (skip >= length)
		return 0;
	vec->iov_base = (u8 *)base + skip;
	vec->iov_len = length - skip;
	return 1;
}

/* All headers and bodies from byte @skip on. Return: parts. */
static unsigned int gather(struct kvec *vec, struct ssi_msg *const *msgs,
			   unsigned int count, u32 skip)
{
	u32 header = sizeof(msgs[0]->hdr), size;
	unsigned int i, parts = 0;

	for (i = 0; i < count; i++) {
		size = ssi_msg_size(msgs[i]);
		parts += add_part(&vec[parts], &msgs[i]->hdr, header, skip);
		parts += add_part(&vec[parts], msgs[i]->body, msgs[i]->length,
				  skip - min(skip, header));
		skip -= min(skip, size);
	}
	return parts;
}

/*
 * Where nobody has the socket, send as TCP itself does when an acknowledgment
 * comes: its lock is not waited for, no backlog comes to be, and what memory there
 * is must do. In process context that is shorter, too: what the peer answers at
 * once, where it is on this machine, is received after the socket was let go.
 */
static int send_atomic(struct ssi_tcp *tcp, struct msghdr *flags,
		       unsigned int parts, size_t bytes, gfp_t gfp)
{
	struct sock *sk = tcp->sock->sk;
	gfp_t usual;
	int ret = -EBUSY;

	local_bh_disable();
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk)) {
		usual = sk->sk_allocation;
		sk->sk_allocation = gfp | (usual & __GFP_MEMALLOC);
		ret = kernel_sendmsg_locked(sk, flags, tcp->vec, parts, bytes);
		sk->sk_allocation = usual;
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	return ret;
}

/* What can not be done at once may wait for memory, and for who has the socket. */
static int send_patiently(struct ssi_tcp *tcp, struct msghdr *flags,
			  unsigned int parts, size_t bytes)
{
	int ret = -EBUSY;

	if (tcp->xport.atomic)
		ret = send_atomic(tcp, flags, parts, bytes, GFP_NOWAIT);
	if (ret == -EBUSY || ret == -EAGAIN)
		ret = kernel_sendmsg(tcp->sock, flags, tcp->vec, parts, bytes);
	return ret;
}

/*
 * In one call, so that it goes in large segments: of several calls TCP would
 * send each as soon as it fills a small one, whatever MSG_MORE says.
 */
static int send_tcp(struct ssi_xport *xport, struct ssi_msg *const *msgs,
		    unsigned int count, u32 *offset, bool atomic)
{
	struct ssi_tcp *tcp = container_of(xport, struct ssi_tcp, xport);
	struct msghdr flags = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	unsigned int parts, i;
	u32 total = 0;
	int ret;

	for (i = 0; i < count; i++)
		total += ssi_msg_size(msgs[i]);
	if (atomic && !xport->atomic)
		return -EBUSY;
	while (*offset < total) {
		parts = gather(tcp->vec, msgs, count, *offset);
		if (atomic)
			ret = send_atomic(tcp, &flags, parts, total - *offset,
					  GFP_ATOMIC);
		else
			ret = send_patiently(tcp, &flags, parts,
					     total - *offset);
		if (ret == -EAGAIN)
			return why_again(tcp->sock->sk, atomic);
		if (ret < 0)
			return ret;
		*offset += ret;
	}
	return 0;
}

static void tcp_free(struct ssi_tcp *tcp)
{
	if (tcp->wq)
		destroy_workqueue(tcp->wq);
	if (tcp->buffer)
		__free_pages(tcp->buffer, TLS_BUFFER_ORDER);
	kfree(tcp->rx.scratch);
	kfree(tcp);
}

static void close_tcp(struct ssi_xport *xport)
{
	struct ssi_tcp *tcp = container_of(xport, struct ssi_tcp, xport);
	struct sock *sk = tcp->sock->sk;

	kernel_sock_shutdown(tcp->sock, SHUT_RDWR);
	tcp_return_callbacks(tcp);
	/* No callback runs any more: each holds sk_callback_lock throughout. */
	cancel_work_sync(&tcp->rx_work);
	cancel_delayed_work_sync(&tcp->retry_work);
	/* It gives memory back, as an acknowledgment of the peer does in softirq. */
	lock_sock(sk);
	sk_clear_memalloc(sk);
	release_sock(sk);
	swap_classes(tcp);
	sockfd_put(tcp->sock);
	tcp_free(tcp);
}

static const struct ssi_xport_ops tcp_ops = {
	.name = "tcp",
	.start = start_tcp,
	.send = send_tcp,
	.close = close_tcp,
};

/**
 * ssi_xport_tcp_check() - can this socket become a transport?
 * @sock: from user space
 * @tls:  user space says that kernel TLS is on
 * @why:  set to a sentence where the answer is no
 *
 * Return: 0 or a negative error.
 */
int ssi_xport_tcp_check(struct socket *sock, bool tls, const char **why)
{
	struct sock *sk = sock->sk;
	bool has_ulp;

	*why = "the descriptor is not a TCP socket";
	if (sk->sk_type != SOCK_STREAM || sk->sk_protocol != IPPROTO_TCP ||
	    (sk->sk_family != AF_INET && sk->sk_family != AF_INET6))
		return -EPROTOTYPE;
	*why = "the socket is not connected";
	if (tcp_is_over(sk))
		return -ENOTCONN;
	*why = "the socket is in use by another kernel user";
	if (sk->sk_user_data)
		return -EBUSY;
	has_ulp = inet_csk(sk)->icsk_ulp_ops;
	*why = has_ulp ? "the socket has TLS, but the tls attribute is missing" :
			 "tls was asked for, but the socket has no kernel TLS";
	return has_ulp == tls ? 0 : -EINVAL;
}

/**
 * ssi_xport_tcp_create() - make a socket a transport
 * @sock: checked by ssi_xport_tcp_check(); a file reference goes to the
 *	  transport when this succeeds
 * @tls:  read by a worker, since kernel TLS decrypts
 * @user: upcalls
 * @ctx:  their argument
 *
 * Context: may sleep. Return: the transport, or ERR_PTR: -ENOMEM; -EBUSY
 * another user of the kernel took the socket since it was checked.
 */
struct ssi_xport *ssi_xport_tcp_create(struct socket *sock, bool tls,
				       const struct ssi_xport_user *user,
				       void *ctx)
{
	struct ssi_tcp *tcp = kzalloc(sizeof(*tcp), GFP_KERNEL);
	int ret;

	if (!tcp)
		return ERR_PTR(-ENOMEM);
	tcp->xport = (struct ssi_xport){ &tcp_ops, user, ctx, tls, !tls };
	tcp->sock = sock;
	tcp->rx.scratch = kmalloc(SSI_PAGE_SIZE, GFP_KERNEL);
	tcp->wq = alloc_ordered_workqueue("ssi_rx",
					  WQ_HIGHPRI | WQ_MEM_RECLAIM);
	INIT_WORK(&tcp->rx_work, rx_worker);
	INIT_DELAYED_WORK(&tcp->retry_work, retry_tls);
	if (tls)
		tcp->buffer = alloc_pages(GFP_KERNEL | __GFP_COMP,
					  TLS_BUFFER_ORDER);
	ret = tcp->rx.scratch && tcp->wq && (tcp->buffer || !tls) ? 0 : -ENOMEM;
	if (!ret && !tcp_claim(tcp))
		ret = -EBUSY;
	if (ret) {
		tcp_free(tcp);
		return ERR_PTR(ret);
	}
	init_classes(tcp);
	swap_classes(tcp);
	return &tcp->xport;
}
