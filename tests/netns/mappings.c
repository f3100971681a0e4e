// SPDX-License-Identifier: Apache-2.0
/*
 * mappings: what can and can not be done with mappings of a region.
 * usage: mappings REGION. Prints TAP.
 */
#include "surface.h"

#include <linux/userfaultfd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* Newer than the headers of Debian 12. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define PAGE 4096ul

static int fd;
static size_t bytes;
static sigjmp_buf after_fault;

static void on_fault(int signal)
{
	siglongjmp(after_fault, signal);
}

/* Is an access answered with SIGSEGV? */
static int faults(volatile char *place, int write)
{
	if (sigsetjmp(after_fault, 1))
		return 1;
	if (write)
		*place = 1;
	else
		(void)*place;
	return 0;
}

static int map_refused(int prot, int flags, size_t length, off_t offset,
		       int error)
{
	return mmap(NULL, length, prot, flags, fd, offset) == MAP_FAILED &&
	       errno == error;
}

static void check_mmap(void)
{
	char *memory;

	check("MAP_PRIVATE is refused",
	      map_refused(RW, MAP_PRIVATE, bytes, 0, EINVAL));
	check("PROT_EXEC is refused",
	      map_refused(PROT_READ | PROT_EXEC, MAP_SHARED, bytes, 0, EPERM));
	check("a mapping across the end is refused",
	      map_refused(RW, MAP_SHARED, 2 * PAGE, (off_t)(bytes - PAGE),
			  EINVAL));
	check("a mapping beyond the end is refused",
	      map_refused(RW, MAP_SHARED, PAGE, (off_t)bytes, EINVAL));
	memory = mmap(NULL, bytes, RW, MAP_SHARED, fd, 0);
	check("the region can be mapped", memory != MAP_FAILED);
	memory[0] = memory[bytes - 1] = 1;
	munmap(memory, bytes);
}

static void check_several(void)
{
	char *first = map_shared(fd, RW, bytes, 0), *second, *part;
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR);
	check("the file can be opened again by its path", again >= 0);
	second = map_shared(again, RW, bytes, 0);
	close(again);
	part = map_shared(fd, PROT_READ, PAGE, (off_t)(bytes - PAGE));
	first[5] = 42;
	first[bytes - 1] = 7;
	check("several mappings show the same memory", second[5] == 42);
	check("so does one of a part", part[PAGE - 1] == 7);
	check("a part can be unmapped", !munmap(first + PAGE, PAGE) &&
	      faults(first + PAGE, 0) && first[5] == 42);
	check("which leaves other mappings alone", !faults(second + PAGE, 1));
	munmap(first, bytes);
	munmap(second, bytes);
	munmap(part, PAGE);
}

static void check_processes(void)
{
	char *memory = map_shared(fd, RW, bytes, 0), *own;
	int status;
	pid_t child = fork();

	if (!child) {
		if (!faults(memory, 0))
			_exit(1);
		own = mmap(NULL, bytes, RW, MAP_SHARED, fd, 0);
		if (own == MAP_FAILED || own[3] != 0)
			_exit(2);
		own[3] = 33;
		_exit(0);
	}
	waitpid(child, &status, 0);
	check("a child has no such mapping, and can map the file itself",
	      WIFEXITED(status) && !WEXITSTATUS(status));
	check("what another process writes is seen", memory[3] == 33);
	memory[3] = 0;
	check("MADV_DOFORK is accepted", !madvise(memory, bytes, MADV_DOFORK));
	child = fork();
	if (!child)
		_exit(faults(memory + 3, 1));
	waitpid(child, &status, 0);
	check("then a child has the mapping, and it is shared",
	      WIFEXITED(status) && !WEXITSTATUS(status) && memory[3] == 1);
	memory[3] = 0;
	munmap(memory, bytes);
}

static void check_protection(void)
{
	char *memory = map_shared(fd, RW, bytes, 0), *reader;
	char path[64];
	int read_only;

	memory[9] = 9;
	check("it can be made read-only", !mprotect(memory, bytes, PROT_READ) &&
	      faults(memory, 1) && memory[9] == 9);
	check("and inaccessible", !mprotect(memory, bytes, PROT_NONE) &&
	      faults(memory, 0));
	check("and writable again", !mprotect(memory, bytes, RW) &&
	      memory[9] == 9 && !faults(memory, 1));
	check("but not executable",
	      refused(mprotect(memory, PAGE, PROT_READ | PROT_EXEC), EACCES));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_only = open(path, O_RDONLY);
	reader = map_shared(read_only, PROT_READ, bytes, 0);
	check("a read-only descriptor gives no mapping to write to",
	      mmap(NULL, PAGE, RW, MAP_SHARED, read_only, 0) == MAP_FAILED &&
	      errno == EACCES);
	check("nor one that becomes writable",
	      refused(mprotect(reader, PAGE, RW), EACCES));
	close(read_only);
	munmap(reader, bytes);
	munmap(memory, bytes);
}

static void check_remapping(void)
{
	char *memory = map_shared(fd, RW, 8 * PAGE, 0), *moved;
	char *place = mmap(NULL, 8 * PAGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memory[PAGE] = 11;
	moved = mremap(memory, 8 * PAGE, 8 * PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, place);
	check("a mapping can be moved", moved == place && moved[PAGE] == 11 &&
	      faults(memory, 0));
	check("and shrunk", mremap(moved, 8 * PAGE, 4 * PAGE, 0) == moved &&
	      moved[PAGE] == 11 && faults(moved + 4 * PAGE, 0));
	check("but not grown",
	      mremap(moved, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED &&
	      errno == EFAULT && moved[PAGE] == 11);
	munmap(moved, 4 * PAGE);
}

static int populates(char *memory, int advice)
{
	unsigned char resident[16];

	/* EFAULT of a page that can not be had would come from here. */
	return !madvise(memory, 16 * PAGE, advice) &&
	       !mincore(memory, 16 * PAGE, resident) && (resident[15] & 1);
}

static void check_advice(void)
{
	char *memory = map_shared(fd, RW, bytes, 0);

	memory[6] = 66;
	check("MADV_DONTNEED loses nothing",
	      !madvise(memory, bytes, MADV_DONTNEED) && memory[6] == 66);
	check("MADV_POPULATE_READ maps", populates(memory, MADV_POPULATE_READ));
	check("MADV_POPULATE_WRITE maps",
	      populates(memory + 16 * PAGE, MADV_POPULATE_WRITE));
	check("MADV_WILLNEED does nothing",
	      !madvise(memory, bytes, MADV_WILLNEED));
	check("MADV_COLD and MADV_PAGEOUT lose nothing",
	      !madvise(memory, bytes, MADV_COLD) &&
	      !madvise(memory, bytes, MADV_PAGEOUT) && memory[6] == 66);
	check("MADV_MERGEABLE does nothing",
	      !madvise(memory, bytes, MADV_MERGEABLE));
	check("MADV_REMOVE is refused",
	      refused(madvise(memory, PAGE, MADV_REMOVE), EOPNOTSUPP));
	check("MADV_FREE is refused",
	      refused(madvise(memory, PAGE, MADV_FREE), EINVAL));
	check("MADV_HUGEPAGE does nothing",
	      !madvise(memory, bytes, MADV_HUGEPAGE));
	check("MADV_COLLAPSE is refused",
	      refused(madvise(memory, bytes, MADV_COLLAPSE), EINVAL));
	check("MADV_WIPEONFORK is refused",
	      refused(madvise(memory, PAGE, MADV_WIPEONFORK), EINVAL));
	check("MADV_DODUMP is refused",
	      refused(madvise(memory, bytes, MADV_DODUMP), EINVAL));
	check("nothing of this was lost", memory[6] == 66);
	munmap(memory, bytes);
}

/* Kilobytes that this process has locked. */
static long locked_kb(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	long kb = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmLck: %ld", &kb);
	fclose(file);
	return kb;
}

static void check_locking(void)
{
	char *memory = map_shared(fd, RW, 16 * PAGE, 0);
	struct uffdio_register arg = {
		.range = { (uintptr_t)memory, 16 * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = { .api = UFFD_API };
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	check("mlock maps, and locks nothing",
	      !mlock(memory, 16 * PAGE) && !locked_kb());
	check("msync has nothing to do", !msync(memory, PAGE, MS_SYNC));
	check("userfaultfd does not take it",
	      !ioctl(uffd, UFFDIO_API, &api) &&
	      refused(ioctl(uffd, UFFDIO_REGISTER, &arg), EINVAL));
	close(uffd);
	munmap(memory, 16 * PAGE);
}

/* ---- a debugger ---- */

/* A child with two mappings of the first pages, stopped for its tracer. */
static pid_t start_child(char **writable, char **read_only)
{
	int status;
	pid_t child = fork();

	if (child) {
		waitpid(child, &status, 0);
		return child;
	}
	if (mmap(*writable, PAGE, RW, MAP_SHARED | MAP_FIXED, fd, 0) !=
	    *writable ||
	    mmap(*read_only, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, PAGE) !=
	    *read_only)
		_exit(1);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	_exit(0);
}

static void check_peeking(pid_t child, char *there, char *read_only,
			  const char *here)
{
	char path[64];
	int mem;

	check("a debugger reads", ptrace(PTRACE_PEEKDATA, child, there, 0) ==
	      *(const long *)here);
	check("and writes", !ptrace(PTRACE_POKEDATA, child, there, 0x5a5a5a) &&
	      *(const long *)here == 0x5a5a5a);
	check("but not through a read-only mapping",
	      refused(ptrace(PTRACE_POKEDATA, child, read_only, 1), EIO));
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	mem = open(path, O_RDWR);
	check("/proc/PID/mem writes", pwrite(mem, "hello", 5,
	      (off_t)(uintptr_t)there) == 5 && !memcmp(here, "hello", 5));
	check("but not through a read-only mapping",
	      refused(pwrite(mem, "x", 1, (off_t)(uintptr_t)read_only), EIO));
	close(mem);
}

static void check_process_vm(pid_t child, char *there, char *read_only,
			     const char *here)
{
	char buffer[16] = "process_vm";
	struct iovec local = { buffer, 11 }, remote = { there, 11 };

	check("process_vm_writev writes",
	      process_vm_writev(child, &local, 1, &remote, 1, 0) == 11 &&
	      !strcmp(here, "process_vm"));
	memset(buffer, 0, sizeof(buffer));
	check("process_vm_readv reads",
	      process_vm_readv(child, &local, 1, &remote, 1, 0) == 11 &&
	      !strcmp(buffer, "process_vm"));
	remote.iov_base = read_only;
	check("process_vm_writev does not write through a read-only mapping",
	      refused(process_vm_writev(child, &local, 1, &remote, 1, 0),
		      EFAULT));
}

static void check_debugger(void)
{
	char *here = map_shared(fd, RW, PAGE, 0);
	char *there = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	char *read_only = mmap(NULL, PAGE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child = start_child(&there, &read_only);

	check_peeking(child, there, read_only, here);
	check_process_vm(child, there, read_only, here);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	memset(here, 0, PAGE);
	munmap(here, PAGE);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_fault };

	if (argc != 2) {
		fprintf(stderr, "usage: mappings REGION\n");
		return 2;
	}
	fd = attach_region(argv[1], &bytes);
	sigaction(SIGSEGV, &action, NULL);
	check_mmap();
	check_several();
	check_processes();
	check_protection();
	check_remapping();
	check_advice();
	check_locking();
	check_debugger();
	return finish();
}
