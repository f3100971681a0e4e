/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kmod/link.c and kmod/xport_tcp.c need of the kernel, in one thread: locks
 * that must not be taken twice, memory that is counted, work and timers that wait
 * until the target lets them run, and sockets with a wire in between that the
 * target can cut. kernel.c has what is not here. Included before each file of
 * theirs; the headers that they name are empty.
 */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "fuzz.h"
#include "kern_user.h"

/* Tracepoints have no meaning here. */
#define SSI_TRACE_H
#define trace_ssi_link_up(...) do { } while (0)
#define trace_ssi_link_down(...) do { } while (0)
#define trace_ssi_link_replay(...) do { } while (0)

#define ERESTARTSYS 512
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define READ_ONCE(x) (*(volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) ((void)(*(volatile __typeof__(x) *)&(x) = (value)))
#define WARN_ON_ONCE(condition) ({ must(!(condition)); 0; })
#define IS_ENABLED(option) 1
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define ERR_PTR(error) ((void *)(intptr_t)(error))
#define PTR_ERR_OR_ZERO(ptr) \
	((uintptr_t)(ptr) > (uintptr_t)-4096 ? (int)(intptr_t)(ptr) : 0)
#define smp_mb__after_atomic() do { } while (0)
/* The only thread there is. */
#define current ((struct task_struct *)1)

/* ---- lists ---- */

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name) struct list_head name = { &(name), &(name) }
#define INIT_LIST_HEAD(list) ((list)->next = (list)->prev = (list))
#define list_entry container_of
#define list_is_last(list, head) ((list)->next == (head))
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_first_entry_or_null(head, type, member) \
	((head)->next == (head) ? NULL : list_entry((head)->next, type, member))
#define list_for_each_entry(pos, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); \
	     &pos->member != (head); pos = list_next_entry(pos, member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member), \
	     n = list_next_entry(pos, member); \
	     &pos->member != (head); pos = n, n = list_next_entry(n, member))

static inline void list_add_tail(struct list_head *new, struct list_head *head)
{
	new->prev = head->prev;
	new->next = head;
	head->prev->next = new;
	head->prev = new;
}

static inline void list_del_init(struct list_head *list)
{
	list->next->prev = list->prev;
	list->prev->next = list->next;
	INIT_LIST_HEAD(list);
}

static inline void list_del(struct list_head *list)
{
	list->next->prev = list->prev;
	list->prev->next = list->next;
}

static inline void list_move_tail(struct list_head *list, struct list_head *head)
{
	list_del_init(list);
	list_add_tail(list, head);
}

static inline void list_splice_init(struct list_head *from, struct list_head *to)
{
	while (from->next != from)
		list_move_tail(from->next, to);
}

/* ---- locks: nobody else is there to let go of one ---- */

typedef struct { bool held; } spinlock_t, rwlock_t;
struct mutex { bool held; };

/* How many are held: none, between two things that happen. */
extern unsigned int locks_held;

static inline void take_lock(bool *held)
{
	must(!*held);
	*held = true;
	locks_held++;
}

static inline void let_go(bool *held)
{
	must(*held);
	*held = false;
	locks_held--;
}

#define spin_lock_init(lock) ((lock)->held = false)
#define spin_lock_bh(lock) take_lock(&(lock)->held)
#define spin_unlock_bh(lock) let_go(&(lock)->held)
#define read_lock_bh(lock) take_lock(&(lock)->held)
#define read_unlock_bh(lock) let_go(&(lock)->held)
#define write_lock_bh(lock) take_lock(&(lock)->held)
#define write_unlock_bh(lock) let_go(&(lock)->held)
#define mutex_init(lock) ((lock)->held = false)
#define mutex_lock(lock) take_lock(&(lock)->held)
#define mutex_unlock(lock) let_go(&(lock)->held)
#define lockdep_assert_held(lock) must((lock)->held)
struct lockdep_map { int unused; };

typedef struct { int counter; } atomic_t;
#define atomic_read(v) ((v)->counter)
#define atomic_inc(v) ((v)->counter++)

#define set_bit(bit, word) ((void)(*(word) |= 1ul << (bit)))
#define clear_bit(bit, word) ((void)(*(word) &= ~(1ul << (bit))))
#define clear_and_wake_up_bit clear_bit
#define test_bit(bit, word) (*(word) >> (bit) & 1)
#define test_and_set_bit(bit, word) \
	({ bool was__ = test_bit(bit, word); set_bit(bit, word); was__; })
#define TASK_UNINTERRUPTIBLE 2
#define wait_on_bit_lock(word, bit, mode) must(!test_and_set_bit(bit, word))

/* ---- memory ---- */

typedef unsigned int gfp_t;
#define GFP_KERNEL 0u
#define GFP_NOIO 1u
#define GFP_ATOMIC 2u
#define GFP_NOWAIT 8u
#define __GFP_MEMALLOC 4u
#define __GFP_NOFAIL 0u
#define SLAB_HWCACHE_ALIGN 0
struct folio;
struct kmem_cache { size_t size; int curr_nr, min_nr; };
typedef struct kmem_cache mempool_t;

/* Pieces that nobody has freed. */
extern unsigned int pieces;

void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void kfree(void *piece);
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     int flags, void (*ctor)(void *));
#define kmem_cache_destroy(cache) kfree(cache)
#define mempool_create_slab_pool(least, cache) \
	kmem_cache_create(NULL, (cache)->size, 0, 0, NULL)
#define mempool_destroy(pool) kfree(pool)
#define mempool_alloc(pool, gfp) kmalloc((pool)->size, gfp)
#define mempool_free(piece, pool) kfree(piece)
#define PAGE_SIZE 4096u
#define get_order(size) ((size) > PAGE_SIZE ? 2 : 0)
#define __GFP_COMP 0u
struct page;
#define alloc_pages(gfp, order) ((struct page *)kmalloc(PAGE_SIZE << (order), gfp))
#define __free_pages(page, order) kfree(page)
#define page_address(page) ((void *)(page))
/* One CPU. */
#define __percpu
#define alloc_percpu(type) ((type *)kzalloc(sizeof(type), GFP_KERNEL))
#define free_percpu kfree
#define per_cpu_ptr(ptr, cpu) ((void)(cpu), ptr)
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < 1; (cpu)++)
#define this_cpu_xchg(place, value) \
	({ __typeof__(place) was__ = (place); (place) = (value); was__; })
#define strscpy(to, from, size) snprintf(to, size, "%s", from)

/* ---- work and timers ---- */

struct work_struct {
	void (*func)(struct work_struct *work);
	bool queued;
};
struct delayed_work { struct work_struct work; };
struct workqueue_struct { bool ordered; };
/* Runs when a worker could: nothing that it does depends on when. */
struct tasklet_struct {
	struct work_struct work;
	void (*callback)(struct tasklet_struct *tasklet);
};
enum hrtimer_restart { HRTIMER_NORESTART };
struct hrtimer {
	enum hrtimer_restart (*function)(struct hrtimer *timer);
	bool queued;
};

#define WQ_HIGHPRI 0
#define WQ_MEM_RECLAIM 0
#define alloc_ordered_workqueue(name, flags) kzalloc(sizeof(struct workqueue_struct), 0)
#define destroy_workqueue(wq) kfree(wq)
#define INIT_WORK(work, f) (*(work) = (struct work_struct){ .func = (f) })
#define INIT_DELAYED_WORK(late, f) INIT_WORK(&(late)->work, f)
#define to_delayed_work(w) container_of(w, struct delayed_work, work)
#define queue_delayed_work(wq, late, ticks) queue_work(wq, &(late)->work)
#define cancel_delayed_work_sync(late) cancel_work_sync(&(late)->work)
#define NSEC_PER_USEC 1000L
#define NSEC_PER_MSEC 1000000L
#define HRTIMER_MODE_REL_SOFT 0
#define hrtimer_setup(timer, f, clock, mode) \
	(*(timer) = (struct hrtimer){ .function = (f) })
#define hrtimer_is_queued(timer) ((timer)->queued)
#define ns_to_ktime(ns) (ns)
#define jiffies 0ul
#define time_before(a, b) ((a) < (b))
#define schedule_timeout_uninterruptible(ticks) do { } while (0)

void run_tasklet(struct work_struct *work);
#define tasklet_setup(tasklet, f) (*(tasklet) = (struct tasklet_struct){ \
	.work = { .func = run_tasklet }, .callback = (f) })
#define from_tasklet(var, tasklet, member) \
	container_of(tasklet, __typeof__(*(var)), member)
#define tasklet_schedule(tasklet) queue_work(NULL, &(tasklet)->work)
#define tasklet_kill(tasklet) cancel_work_sync(&(tasklet)->work)
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
void hrtimer_start(struct hrtimer *timer, long time, int mode);
void hrtimer_cancel(struct hrtimer *timer);
/* Let one of those that wait run. Return: false when there is none. */
bool run_work(unsigned int nth);
bool run_this_work(struct work_struct *work);
bool run_timer(unsigned int nth);

/* ---- sockets ---- */

/* A little more than a message: what is sent is often cut in two. */
#define WIRE_BYTES 5000
#define TLS_MAX_PAYLOAD_SIZE 16384u
struct sock {
	void *sk_user_data;
	void (*sk_data_ready)(struct sock *sk);
	void (*sk_state_change)(struct sock *sk);
	void (*sk_write_space)(struct sock *sk);
	void (*sk_error_report)(struct sock *sk);
	rwlock_t sk_callback_lock;
	bool locked, spinning;
	/* Now and then somebody has the socket. */
	unsigned int owners;
	int sk_type, sk_protocol, sk_family, sk_state, sk_err;
	gfp_t sk_allocation;
	/* The wire to here: bytes that were sent, and how many have come. */
	u8 wire[WIRE_BYTES];
	size_t sent, come;
	bool sk_receive_queue;
	bool full;
	/* Of what is sent from here: now and then there is no memory. */
	unsigned int sends;
	/* Kernel TLS: a record that it has said it sent, and whether it is sending. */
	bool tls, splicing;
	struct work_struct tls_work;
	u8 record[WIRE_BYTES];
	size_t kept;
	/* Of what is received by it: the same lack. */
	unsigned int receives;
	struct sock *peer;
};
struct socket { struct sock *sk; struct sock own; };
struct net { int unused; };
struct sk_buff { const u8 *data; size_t size; };
struct kvec { void *iov_base; size_t iov_len; };
struct bio_vec { struct page *bv_page; unsigned int bv_len, bv_offset; };
/* Where a message goes: one piece of memory, in user space's structure. */
#define msg_iter msg_iov
#define ITER_DEST 0
#define iov_iter_bvec(iter, direction, vec, parts, size) \
	(*(iter) = (struct iovec *)(vec))
typedef struct { size_t count; union { void *data; } arg; } read_descriptor_t;
struct inet_csk { bool icsk_ulp_ops; };

#define TCP_ESTABLISHED 1
#define TCP_CLOSE 7
#define init_net (*(struct net *)NULL)
#define sock_create_kern(net, family, type, protocol, sock) (*(sock) = NULL, 0)
#define sock_release(sock) do { } while (0)
#define ssi_compat_own_frag(sk) do { } while (0)
#define sk_set_memalloc(sk) do { } while (0)
#define sk_clear_memalloc(sk) do { } while (0)
#define lock_sock(sk) take_lock(&(sk)->locked)
#define release_sock(sk) let_go(&(sk)->locked)
#define local_bh_disable() do { } while (0)
#define local_bh_enable() do { } while (0)
#define bh_lock_sock(sk) take_lock(&(sk)->spinning)
#define bh_unlock_sock(sk) let_go(&(sk)->spinning)
#define sock_owned_by_user(sk) ((sk)->locked || ++(sk)->owners % 3 == 0)
#define sk_is_readable(sk) ((sk)->come > 0)
#define skb_queue_empty_lockless(queue) \
	(!container_of(queue, struct sock, sk_receive_queue)->come)
#define sk_stream_is_writeable(sk) ((sk)->peer && (sk)->peer->sent < WIRE_BYTES)
#define inet_csk(sk) ((void)(sk), &(struct inet_csk){ false })

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int size);
int tcp_read_sock(struct sock *sk, read_descriptor_t *desc,
		  int (*actor)(read_descriptor_t *desc, struct sk_buff *skb,
			       unsigned int offset, size_t length));
int sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags);
int kernel_sendmsg(struct socket *sock, struct msghdr *msg, struct kvec *vec,
		   size_t parts, size_t size);
int kernel_sendmsg_locked(struct sock *sk, struct msghdr *msg, struct kvec *vec,
			  size_t parts, size_t size);
int kernel_sock_shutdown(struct socket *sock, int how);
void sockfd_put(struct socket *sock);

/* Called where bytes were sent, if it is set: others run before send() returns. */
extern void (*meanwhile)(void);

/*
 * For the target: two ends of a wire; bytes come at one that is open, or nothing
 * any more. Return of these: false when none is open.
 */
void make_sockets(struct socket *ends[2], bool tls);
bool let_come(unsigned int nth, size_t bytes);
bool cut(unsigned int nth, int error);
/* Something came, or can. */
bool wires_are_busy(void);
/* Nothing waits, and nothing is open. */
bool all_is_over(void);

#endif /* FUZZ_KERNEL_H */
