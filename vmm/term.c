// SPDX-License-Identifier: Apache-2.0
/* The user's terminal as the guest's console. */
#include "term.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_A 0x01
#define CTRL_Z 0x1a

/* The one terminal of this process; handlers and exit paths need it. */
static struct termios saved;
static atomic_bool raw;
static bool prepared;

static const int fault_signals[] = { SIGSEGV, SIGILL, SIGFPE, SIGABRT };

/* Dies of the same signal, but leaves a usable terminal behind. */
static void on_fault(int signal)
{
	term_restore();
	raise(signal);
}

static void prepare(void)
{
	struct sigaction action = { .sa_handler = on_fault,
				    .sa_flags = SA_RESETHAND | SA_NODEFER };

	for (size_t i = 0; i < sizeof(fault_signals) / sizeof(int); i++)
		sigaction(fault_signals[i], &action, NULL);
	atexit(term_restore);
	prepared = true;
}

bool term_raw(void)
{
	struct termios mode;

	if (atomic_load(&raw))
		return true;
	/* Changing the mode from the background would stop the program. */
	if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, &saved))
		return false;
	if (!prepared)
		prepare();
	mode = saved;
	cfmakeraw(&mode);
	/* Output processing stays: our own messages end in a bare newline. */
	mode.c_oflag |= OPOST;
	atomic_store(&raw, true);
	if (tcsetattr(STDIN_FILENO, TCSANOW, &mode)) {
		atomic_store(&raw, false);
		return false;
	}
	return true;
}

void term_restore(void)
{
	if (atomic_exchange(&raw, false))
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

int term_filter(struct term_escape *escape, uint8_t key, uint8_t out[2])
{
	if (!escape->armed && key == CTRL_A) {
		escape->armed = true;
		return 0;
	}
	if (!escape->armed) {
		out[0] = key;
		return 1;
	}
	escape->armed = false;
	if (key == 'x')
		return TERM_QUIT;
	if (key == CTRL_Z)
		return TERM_SUSPEND;
	out[0] = CTRL_A;
	out[1] = key;
	return key == CTRL_A || key == 'a' ? 1 : 2;
}
