// SPDX-License-Identifier: Apache-2.0
/* The main thread while the guest runs: keyboard, signals, requests, the end. */
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ctl.h"
#include "log.h"
#include "mem.h"
#include "pause.h"
#include "term.h"
#include "vcpu.h"
#include "vm.h"

#define INPUT_BYTES 64
#define STILL_RUNNING (-1)

/* What the main thread waits for. */
enum event {
	EVENT_WAKE,
	EVENT_SIGNAL,
	EVENT_INPUT,
	EVENT_MEMORY,
	EVENT_CTL,
	EVENTS = EVENT_CTL + CTL_FDS,
};

/**
 * struct loop - state of the main thread
 * @vm:	       the guest
 * @ctl:       the control socket
 * @pause:     whether the guest runs
 * @signal_fd: signals that end, suspend or continue the program
 * @tty:       stdin is a raw terminal: Ctrl-A is a command
 * @input_open: stdin may still give input
 * @input_ours: reading stdin would not suspend us
 * @escape:    state of the Ctrl-A commands
 * @input:     keyboard input the guest's serial port did not take yet
 * @input_at:  start of it
 * @input_end: end of it
 */
struct loop {
	struct vm *vm;
	struct ctl *ctl;
	struct pause pause;
	int signal_fd;
	bool tty;
	bool input_open;
	bool input_ours;
	struct term_escape escape;
	uint8_t input[2 * INPUT_BYTES];
	size_t input_at, input_end;
};

/* Blocks the signals handled here, and gives a descriptor to read them from. */
static int open_signals(void)
{
	static const int handled[] = { SIGTERM, SIGINT,	 SIGHUP,
				       SIGQUIT, SIGTSTP, SIGCONT };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaddset(&set, handled[i]);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return log_error("signalfd: %s", strerror(errno));
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A closed stdout shall cost the output, not the guest. */
	signal(SIGPIPE, SIG_IGN);
	return fd;
}

/*
 * Input is read from a terminal only while this program owns it: reading
 * from the background would suspend it.
 */
static void take_terminal(struct loop *loop)
{
	loop->tty = term_raw();
	loop->input_ours = loop->tty || !isatty(STDIN_FILENO);
}

/*
 * Gives the terminal back and stops the program, but not its guest's vCPUs in
 * the middle of guest code: their time would go on. A thread that waits in the
 * kernel for a page could not stop, and the shell would wait for it.
 */
static void suspend_if_asked(struct loop *loop)
{
	if (!(loop->pause.reasons & PAUSE_SUSPEND) || !vcpu_all_out(loop->vm))
		return;
	term_restore();
	raise(SIGSTOP);
	take_terminal(loop);
	pause_end(&loop->pause, PAUSE_SUSPEND);
}

static void begin_suspend(struct loop *loop)
{
	pause_begin(&loop->pause, PAUSE_SUSPEND);
	if (!vcpu_all_out(loop->vm))
		log_note("a vCPU waits for memory; suspended when it has come");
}

static int handle_signal(struct loop *loop)
{
	struct signalfd_siginfo info;

	if (read(loop->signal_fd, &info, sizeof(info)) != sizeof(info))
		return STILL_RUNNING;
	switch (info.ssi_signo) {
	case SIGTSTP:
		begin_suspend(loop);
		return STILL_RUNNING;
	case SIGCONT:
		take_terminal(loop);
		/* As of any program, it takes back a stop that is still to come. */
		pause_end(&loop->pause, PAUSE_SUSPEND);
		return STILL_RUNNING;
	default:
		return EXIT_SIGNAL + info.ssi_signo;
	}
}

/* Gives the guest what its serial port has room for. */
static void push_input(struct loop *loop)
{
	loop->input_at += serial_receive(&loop->vm->serial,
					 loop->input + loop->input_at,
					 loop->input_end - loop->input_at);
	if (loop->input_at == loop->input_end)
		loop->input_at = loop->input_end = 0;
}

/* Keyboard input; a terminal's may contain commands for us. */
static int filter_input(struct loop *loop, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int n = 1;

		if (loop->tty)
			n = term_filter(&loop->escape, bytes[i],
					loop->input + loop->input_end);
		else
			loop->input[loop->input_end] = bytes[i];
		if (n == TERM_QUIT)
			return EXIT_SIGNAL + SIGINT;
		if (n == TERM_SUSPEND)
			begin_suspend(loop);
		else
			loop->input_end += n;
	}
	return STILL_RUNNING;
}

static int handle_input(struct loop *loop)
{
	uint8_t bytes[INPUT_BYTES];
	ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));
	int code;

	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return STILL_RUNNING;
	if (count <= 0) {
		loop->input_open = false;
		return STILL_RUNNING;
	}
	code = filter_input(loop, bytes, count);
	push_input(loop);
	return code;
}

static int outcome_code(const struct vm *vm)
{
	switch (atomic_load(&vm->outcome)) {
	case VM_RUNNING:
		return STILL_RUNNING;
	case VM_POWER_OFF:
		return EXIT_POWER_OFF;
	case VM_RESET:
		return EXIT_RESET;
	default:
		return EXIT_FAILED;
	}
}

static int handle_wake(struct loop *loop)
{
	uint64_t count;

	if (read(loop->vm->wake_fd, &count, sizeof(count)) < 0)
		return STILL_RUNNING;
	push_input(loop);
	pause_settle(&loop->pause);
	return outcome_code(loop->vm);
}

/* The region's file says which of the two holds, as often as it is asked. */
static short memory_events(const struct loop *loop)
{
	return loop->pause.reasons & PAUSE_STALL ? POLLIN : POLLPRI;
}

static void handle_memory(struct loop *loop, short events)
{
	if (events & POLLPRI)
		pause_begin(&loop->pause, PAUSE_STALL);
	if (events & POLLIN)
		pause_end(&loop->pause, PAUSE_STALL);
}

static void choose_events(const struct loop *loop, struct pollfd fds[EVENTS])
{
	/* No more input is read while the guest has not taken the last. */
	bool want_input = loop->input_open && loop->input_ours &&
			  !loop->input_end;

	fds[EVENT_WAKE] = (struct pollfd){ loop->vm->wake_fd, POLLIN, 0 };
	fds[EVENT_SIGNAL] = (struct pollfd){ loop->signal_fd, POLLIN, 0 };
	fds[EVENT_INPUT] = (struct pollfd){ want_input ? STDIN_FILENO : -1,
					    POLLIN, 0 };
	fds[EVENT_MEMORY] = (struct pollfd){ loop->vm->mem->fd,
					     memory_events(loop), 0 };
	ctl_poll(loop->ctl, fds + EVENT_CTL);
}

/* Waits for events and handles them. */
static int step(struct loop *loop)
{
	struct pollfd fds[EVENTS];
	int code = STILL_RUNNING;

	choose_events(loop, fds);
	if (poll(fds, EVENTS, -1) < 0)
		return errno == EINTR ? STILL_RUNNING : EXIT_FAILED;
	handle_memory(loop, fds[EVENT_MEMORY].revents);
	if (fds[EVENT_WAKE].revents)
		code = handle_wake(loop);
	if (code == STILL_RUNNING && fds[EVENT_SIGNAL].revents)
		code = handle_signal(loop);
	if (code == STILL_RUNNING && fds[EVENT_INPUT].revents)
		code = handle_input(loop);
	if (code == STILL_RUNNING &&
	    ctl_handle(loop->ctl, fds + EVENT_CTL, &loop->pause))
		code = EXIT_SIGNAL + SIGINT;
	if (code == STILL_RUNNING)
		suspend_if_asked(loop);
	return code;
}

int loop_run(struct vm *vm, struct ctl *ctl)
{
	struct loop loop = { .vm = vm, .ctl = ctl, .pause.vm = vm };
	int code = STILL_RUNNING;
	unsigned int stuck;

	loop.signal_fd = open_signals();
	if (loop.signal_fd < 0)
		return EXIT_FAILED;
	take_terminal(&loop);
	loop.input_open = true;
	if (vcpu_start_all(vm))
		code = EXIT_FAILED;
	while (code == STILL_RUNNING)
		code = step(&loop);

	stuck = vcpu_stop_all(vm);
	term_restore();
	close(loop.signal_fd);
	if (!stuck)
		return code;
	log_note("%u vCPU threads still wait for memory; leaving without them",
		 stuck);
	ctl_close(ctl);
	fflush(NULL);
	_exit(code);
}
