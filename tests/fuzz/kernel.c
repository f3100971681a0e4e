// SPDX-License-Identifier: Apache-2.0
#include "kernel.h"

#define WAITING_MAX 64

unsigned int locks_held;
unsigned int pieces;
void (*meanwhile)(void);

static struct work_struct *works[WAITING_MAX];
static unsigned int work_count;
static struct hrtimer *timers[WAITING_MAX];
static unsigned int timer_count;
static struct sock *open_socks[WAITING_MAX];
static unsigned int open_count;

/* ---- memory ---- */

void *kmalloc(size_t size, gfp_t gfp)
{
	void *piece = malloc(size);

	(void)gfp;
	must(piece);
	/* Nobody may count on what is in it. */
	memset(piece, 0xa5, size);
	pieces++;
	return piece;
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return memset(kmalloc(size, gfp), 0, size);
}

void kfree(void *piece)
{
	pieces -= !!piece;
	free(piece);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     int flags, void (*ctor)(void *))
{
	struct kmem_cache *cache = kmalloc(sizeof(*cache), 0);

	(void)name, (void)align, (void)flags, (void)ctor;
	cache->size = size;
	return cache;
}

/* ---- work and timers ---- */

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	(void)wq;
	if (work->queued)
		return false;
	must(work_count < WAITING_MAX);
	work->queued = true;
	works[work_count++] = work;
	return true;
}

static void unqueue_work(unsigned int i)
{
	works[i]->queued = false;
	memmove(&works[i], &works[i + 1], (--work_count - i) * sizeof(works[0]));
}

bool cancel_work_sync(struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < work_count; i++) {
		if (works[i] == work) {
			unqueue_work(i);
			return true;
		}
	}
	return false;
}

bool run_work(unsigned int nth)
{
	struct work_struct *work;

	if (!work_count)
		return false;
	work = works[nth % work_count];
	unqueue_work(nth % work_count);
	work->func(work);
	must(!locks_held);
	return true;
}

bool run_this_work(struct work_struct *work)
{
	if (!cancel_work_sync(work))
		return false;
	work->func(work);
	must(!locks_held);
	return true;
}

void run_tasklet(struct work_struct *work)
{
	struct tasklet_struct *tasklet =
		container_of(work, struct tasklet_struct, work);

	tasklet->callback(tasklet);
}

void hrtimer_start(struct hrtimer *timer, long time, int mode)
{
	(void)time, (void)mode;
	if (timer->queued)
		return;
	must(timer_count < WAITING_MAX);
	timer->queued = true;
	timers[timer_count++] = timer;
}

void hrtimer_cancel(struct hrtimer *timer)
{
	unsigned int i;

	for (i = 0; timer->queued && i < timer_count; i++) {
		if (timers[i] == timer)
			timers[i] = timers[--timer_count];
	}
	timer->queued = false;
}

bool run_timer(unsigned int nth)
{
	struct hrtimer *timer;

	if (!timer_count)
		return false;
	timer = timers[nth % timer_count];
	hrtimer_cancel(timer);
	timer->function(timer);
	must(!locks_held);
	return true;
}

/* ---- sockets ---- */

static void take_away(struct sock *sk, size_t bytes)
{
	must(bytes <= sk->come && sk->come <= sk->sent);
	memmove(sk->wire, sk->wire + bytes, sk->sent - bytes);
	sk->sent -= bytes;
	sk->come -= bytes;
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int size)
{
	must(offset >= 0 && size >= 0 && offset + (size_t)size <= skb->size);
	memcpy(to, skb->data + offset, size);
	return 0;
}

int tcp_read_sock(struct sock *sk, read_descriptor_t *desc,
		  int (*actor)(read_descriptor_t *desc, struct sk_buff *skb,
			       unsigned int offset, size_t length))
{
	struct sk_buff skb = { sk->wire, sk->come };
	int used;

	if (!sk->come)
		return 0;
	used = actor(desc, &skb, 0, sk->come);
	must(used >= 0);
	take_away(sk, used);
	return used;
}

int sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags)
{
	const struct bio_vec *vec = (const struct bio_vec *)msg->msg_iter;
	struct sock *sk = sock->sk;
	size_t some = vec->bv_len < sk->come ? vec->bv_len : sk->come;

	(void)flags;
	must(vec->bv_len);
	if (!some)
		return sk->sk_state == TCP_ESTABLISHED ? -EAGAIN : -sk->sk_err;
	/* Kernel TLS had no memory for a record; nobody is called when it has. */
	if (++sk->receives % 5 == 0)
		return -EAGAIN;
	memcpy(page_address(vec->bv_page), sk->wire, some);
	take_away(sk, some);
	return (int)some;
}

/* Now and then there is none, whatever space there is. */
static bool is_without_memory(struct sock *sk)
{
	return ++sk->sends % 7 == 0;
}

static size_t put_on_wire(struct sock *sk, const u8 *bytes, size_t size)
{
	struct sock *to = sk->peer;
	size_t room = WIRE_BYTES - to->sent, some = size < room ? size : room;

	memcpy(to->wire + to->sent, bytes, some);
	to->sent += some;
	/* Who waits for space does so until told, whoever else finds some before. */
	sk->full |= to->sent == WIRE_BYTES;
	return some;
}

/*
 * Nothing can be acknowledged, so that nobody would call: TCP does so itself, while
 * kernel TLS is sending.
 */
static void call_at_once(struct sock *sk)
{
	sk->full = sk->peer->sent > sk->peer->come;
	if (sk->full)
		return;
	sk->splicing = true;
	sk->sk_write_space(sk);
	sk->splicing = false;
}

/* Send what was kept. */
static void tls_go_on(struct sock *sk)
{
	size_t some;

	if (!sk->kept || !sk->peer)
		return;
	if (is_without_memory(sk)) {
		call_at_once(sk);
		return;
	}
	some = put_on_wire(sk, sk->record, sk->kept);
	memmove(sk->record, sk->record + some, sk->kept -= some);
}

static void tls_worker(struct work_struct *work)
{
	struct sock *sk = container_of(work, struct sock, tls_work);

	lock_sock(sk);
	if (sk->sk_state == TCP_ESTABLISHED)
		tls_go_on(sk);
	release_sock(sk);
}

static void tls_write_space(struct sock *sk)
{
	if (sk->kept && !sk->splicing)
		queue_work(NULL, &sk->tls_work);
}

/* A record was made, and could not be sent: it is as good as sent to who asked. */
static int tls_keep(struct sock *sk, const struct kvec *vec, size_t parts)
{
	size_t i, some;

	for (i = 0; i < parts; i++) {
		some = min_t(size_t, vec[i].iov_len, sizeof(sk->record) - sk->kept);
		memcpy(sk->record + sk->kept, vec[i].iov_base, some);
		sk->kept += some;
	}
	call_at_once(sk);
	return (int)sk->kept;
}

int kernel_sendmsg(struct socket *sock, struct msghdr *msg, struct kvec *vec,
		   size_t parts, size_t size)
{
	struct sock *sk = sock->sk, *to = sk->peer;
	size_t i, sent = 0;

	(void)msg;
	if (sk->sk_state != TCP_ESTABLISHED || !to)
		return sk->sk_err ? -sk->sk_err : -EPIPE;
	tls_go_on(sk);
	if (sk->kept)
		return -EAGAIN;
	/* Who hears that there is no space, for whatever reason, is called if it is so. */
	sk->full = to->sent == WIRE_BYTES;
	if (is_without_memory(sk))
		return sk->tls && size ? tls_keep(sk, vec, parts) : -EAGAIN;
	for (i = 0; i < parts; i++)
		sent += put_on_wire(sk, vec[i].iov_base, vec[i].iov_len);
	must(sent <= size);
	sk->full = sent < size;
	if (meanwhile && sent)
		meanwhile();
	return sent || !size ? (int)sent : -EAGAIN;
}

int kernel_sendmsg_locked(struct sock *sk, struct msghdr *msg, struct kvec *vec,
			  size_t parts, size_t size)
{
	struct socket sock = { .sk = sk };
	void (*others)(void) = meanwhile;
	int ret;

	must(sk->spinning);
	/* Those others run on other processors, and wait for this one. */
	meanwhile = NULL;
	ret = kernel_sendmsg(&sock, msg, vec, parts, size);
	meanwhile = others;
	return ret;
}

static void nothing(struct sock *sk)
{
	(void)sk;
}

void make_sockets(struct socket *ends[2], bool tls)
{
	int i;

	for (i = 0; i < 2; i++) {
		ends[i] = kzalloc(sizeof(*ends[i]), 0);
		ends[i]->sk = &ends[i]->own;
		ends[i]->own.sk_state = TCP_ESTABLISHED;
		ends[i]->own.sk_data_ready = nothing;
		ends[i]->own.sk_state_change = nothing;
		ends[i]->own.sk_write_space = tls ? tls_write_space : nothing;
		ends[i]->own.tls = tls;
		INIT_WORK(&ends[i]->own.tls_work, tls_worker);
		ends[i]->own.sk_error_report = nothing;
		must(open_count < WAITING_MAX);
		open_socks[open_count++] = ends[i]->sk;
	}
	ends[0]->own.peer = &ends[1]->own;
	ends[1]->own.peer = &ends[0]->own;
}

bool let_come(unsigned int nth, size_t bytes)
{
	struct sock *sk, *peer;
	size_t more;

	if (!open_count)
		return false;
	sk = open_socks[nth % open_count];
	more = sk->sent - sk->come;
	more = bytes < more ? bytes : more;
	sk->come += more;
	/* A call for nothing may come as well. */
	if (sk->sk_state == TCP_ESTABLISHED && sk->come && (more || !bytes))
		sk->sk_data_ready(sk);
	peer = sk->peer;
	if (peer && peer->full && sk->sent < WIRE_BYTES) {
		peer->full = false;
		peer->sk_write_space(peer);
	}
	must(!locks_held);
	return true;
}

bool cut(unsigned int nth, int error)
{
	struct sock *sk;

	if (!open_count)
		return false;
	sk = open_socks[nth % open_count];
	if (sk->sk_state != TCP_ESTABLISHED)
		return true;
	sk->sk_state = TCP_CLOSE;
	sk->sk_err = error;
	if (error)
		sk->sk_error_report(sk);
	else
		sk->sk_state_change(sk);
	must(!locks_held);
	return true;
}

bool wires_are_busy(void)
{
	unsigned int i;

	for (i = 0; i < open_count; i++) {
		if (open_socks[i]->sent && open_socks[i]->sk_state == TCP_ESTABLISHED)
			return true;
	}
	return false;
}

bool all_is_over(void)
{
	return !open_count && !work_count && !timer_count;
}

int kernel_sock_shutdown(struct socket *sock, int how)
{
	(void)how;
	sock->sk->sk_state = TCP_CLOSE;
	return 0;
}

void sockfd_put(struct socket *sock)
{
	unsigned int i;

	must(!sock->sk->sk_user_data);
	cancel_work_sync(&sock->sk->tls_work);
	if (sock->sk->peer)
		sock->sk->peer->peer = NULL;
	for (i = 0; open_socks[i] != sock->sk; i++)
		must(i < open_count);
	open_socks[i] = open_socks[--open_count];
	kfree(sock);
}
