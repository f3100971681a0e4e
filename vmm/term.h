/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_TERM_H
#define SSI_VMM_TERM_H

#include <stdbool.h>
#include <stdint.h>

/**
 * term_raw() - switch the terminal on stdin to raw mode
 *
 * Nothing happens when stdin is no terminal, or when this program runs in the
 * background of one. From here on the terminal is restored when the process
 * exits or dies of a fault.
 *
 * Return: true when stdin is now a raw terminal.
 */
bool term_raw(void);

/** term_restore() - undo term_raw(); safe in a signal handler, any number of times */
void term_restore(void);

/**
 * struct term_escape - remembers a Ctrl-A
 * @armed: the next key is a command
 */
struct term_escape {
	bool armed;
};

#define TERM_QUIT    (-1)
#define TERM_SUSPEND (-2)

/**
 * term_filter() - take the commands out of keyboard input
 * @escape: state between keys, zero at first
 * @key:    the key
 * @out:    what the guest shall get
 *
 * Ctrl-A x quits, Ctrl-A Ctrl-Z suspends, Ctrl-A Ctrl-A (or Ctrl-A a) is one
 * Ctrl-A; another key after Ctrl-A is passed on together with it.
 *
 * Return: bytes in @out, or TERM_QUIT when the user wants to end the guest,
 * TERM_SUSPEND when he wants his shell back for a while.
 */
int term_filter(struct term_escape *escape, uint8_t key, uint8_t out[2]);

#endif
