// SPDX-License-Identifier: Apache-2.0
/*
 * corrupt PID GPA: makes the kernel believe that the page of a monitor's guest
 * memory at guest physical address GPA (below 3 GiB) has an uncorrectable
 * error. Needs root, debugfs and the module hwpoison_inject.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096
#define PFN_MASK ((1ULL << 55) - 1)
#define PRESENT (1ULL << 63)
#define INJECT "/sys/kernel/debug/hwpoison/corrupt-pfn"

/* Where the monitor has mapped its guest's memory. */
static uint64_t find_ram(const char *pid)
{
	char path[64], line[512];
	uint64_t start = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "ssi-vmm-ram")) {
			sscanf(line, "%" SCNx64, &start);
			break;
		}
	if (maps)
		fclose(maps);
	return start;
}

static uint64_t find_frame(const char *pid, uint64_t address)
{
	uint64_t entry = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/pagemap", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0 || pread(fd, &entry, 8, address / PAGE * 8) != 8)
		perror(path);
	return entry & PRESENT ? entry & PFN_MASK : 0;
}

int main(int argc, char **argv)
{
	uint64_t ram, frame;
	FILE *inject;

	if (argc != 3) {
		fputs("usage: corrupt PID GPA\n", stderr);
		return 2;
	}
	ram = find_ram(argv[1]);
	frame = ram ? find_frame(argv[1], ram + strtoull(argv[2], NULL, 0)) : 0;
	if (!frame) {
		fputs("corrupt: no such page in guest memory\n", stderr);
		return 1;
	}
	inject = fopen(INJECT, "w");
	if (!inject || fprintf(inject, "%#" PRIx64, frame) < 0 || fclose(inject)) {
		perror(INJECT);
		return 1;
	}
	printf("page frame %#" PRIx64 " poisoned\n", frame);
	return 0;
}
