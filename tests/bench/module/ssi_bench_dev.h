/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/ssi_bench: rings of TCP sockets between which the kernel sends messages,
 * to know what the wire and the stack cost without any page fault.
 *
 * A program makes the sockets, in whatever network namespaces, and hands them
 * over. Station 0 of a ring sends a message to station 1, that one to station 2,
 * and the last one back to station 0: with two stations a ping-pong.
 */
#ifndef SSI_BENCH_DEV_H
#define SSI_BENCH_DEV_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SSI_BENCH_STATIONS 4
#define SSI_BENCH_BYTES_MAX 4096

/* Messages are received in softirq, and sent on by a worker. */
#define SSI_BENCH_SOFTIRQ 0
/* A thread for each station receives and sends, blocking. */
#define SSI_BENCH_BLOCKING 1
/* Softirq; the last station swallows what it gets. */
#define SSI_BENCH_STREAM 2

/*
 * struct ssi_bench_ring - argument of SSI_BENCH_RING, once for each open file
 * @stations: how many
 * @mode:     SSI_BENCH_*
 * @in:	      socket on which a station receives
 * @out:      socket on which it sends, perhaps the same
 * @bytes:    of the messages that it sends
 */
struct ssi_bench_ring {
	__u32 stations;
	__u32 mode;
	__s32 in[SSI_BENCH_STATIONS];
	__s32 out[SSI_BENCH_STATIONS];
	__u32 bytes[SSI_BENCH_STATIONS];
};

/*
 * struct ssi_bench_run - argument of SSI_BENCH_RUN, by any number of threads
 * @count:   how many times round
 * @samples: where to store the nanoseconds of each, as __u64; of a stream only
 *	     the time of all of it is stored
 */
struct ssi_bench_run {
	__u64 count;
	__u64 samples;
};

#define SSI_BENCH_MAGIC 0xb6
#define SSI_BENCH_RING _IOW(SSI_BENCH_MAGIC, 0x00, struct ssi_bench_ring)
#define SSI_BENCH_RUN  _IOW(SSI_BENCH_MAGIC, 0x01, struct ssi_bench_run)

#endif /* SSI_BENCH_DEV_H */
