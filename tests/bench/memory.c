// SPDX-License-Identifier: Apache-2.0
/* Memory of the kinds that fault compares. */
#include "fault.h"

#include <fcntl.h>
#include <linux/ssi_mem_dev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static void map(struct memory *memory, int fd, int flags)
{
	memory->base = mmap(NULL, memory->pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (memory->base == MAP_FAILED)
		die("mmap");
	/* What is compared is pages of 4 KiB. */
	madvise(memory->base, memory->pages * PAGE, MADV_NOHUGEPAGE);
}

void map_region(struct memory *memory, const char *name)
{
	struct ssi_dev_attach attach = { .size = sizeof(attach) };
	int dev = open("/dev/ssi_mem", O_RDWR | O_CLOEXEC);

	if (dev < 0)
		die("/dev/ssi_mem");
	strncpy(attach.region, name, sizeof(attach.region) - 1);
	if (ioctl(dev, SSI_DEV_ATTACH, &attach))
		die(name);
	memory->pages = attach.bytes / PAGE;
	map(memory, attach.fd, MAP_SHARED);
}

void map_anonymous(struct memory *memory)
{
	map(memory, -1, MAP_PRIVATE | MAP_ANONYMOUS);
}

void map_shmem(struct memory *memory)
{
	int fd = memfd_create("bench", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)(memory->pages * PAGE)))
		die("memfd");
	map(memory, fd, MAP_SHARED);
}

void map_file(struct memory *memory, const char *path, bool readahead)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die(path);
	map(memory, fd, MAP_SHARED);
	if (!readahead && madvise(memory->base, memory->pages * PAGE, MADV_RANDOM))
		die("MADV_RANDOM");
}

/* ---- swap ---- */

static unsigned long long swapped_in_before;

static unsigned long long swapped_in(void)
{
	unsigned long long value = 0;
	char line[128];
	FILE *file = fopen("/proc/vmstat", "r");

	if (!file)
		die("/proc/vmstat");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "pswpin %llu", &value) == 1)
			break;
	fclose(file);
	return value;
}

/* What was paged out stays in the swap cache until the cgroup is short of memory. */
static void empty_swap_cache(size_t bytes)
{
	const char *path = getenv("BENCH_RECLAIM");
	char text[32];
	int fd = open(path ? path : "", O_WRONLY | O_CLOEXEC);
	int length = snprintf(text, sizeof(text), "%zu", bytes);

	if (fd < 0)
		die("BENCH_RECLAIM");
	/* It fails when there is less to reclaim than asked for: that is the aim. */
	if (write(fd, text, (size_t)length) < 0)
		fprintf(stderr, "fault: the swap cache is empty\n");
	close(fd);
}

/**
 * swap_out() - bring all of it, or every other chunk, to the swap device
 * @memory: anonymous, written to
 * @half:   every other chunk
 */
void swap_out(struct memory *memory, bool half)
{
	size_t chunk, bytes = half ? CHUNK_PAGES * PAGE : memory->pages * PAGE;
	size_t step = half ? 2 * bytes : bytes;

	for (chunk = half ? bytes : 0; chunk + bytes <= memory->pages * PAGE; chunk += step)
		if (madvise(memory->base + chunk, bytes, MADV_PAGEOUT))
			die("MADV_PAGEOUT");
	sleep(1);
	if (!half)
		empty_swap_cache(2 * memory->pages * PAGE);
	else
		empty_swap_cache(memory->pages * PAGE / 2);
	sleep(1);
	swapped_in_before = swapped_in();
}

void count_swapped_in(struct memory *memory)
{
	snprintf(memory->facts, sizeof(memory->facts), "\"pswpin\": %llu",
		 swapped_in() - swapped_in_before);
}
