/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SSI_VMM_LOOP_H
#define SSI_VMM_LOOP_H

struct ctl;
struct vm;

/* Exit codes of the program, besides 128 + N for signal N. */
#define EXIT_POWER_OFF 0
#define EXIT_FAILED    1
#define EXIT_USAGE     2
#define EXIT_RESET     3
#define EXIT_SIGNAL    128

/**
 * loop_run() - run the guest until it or the user ends it
 * @vm:  a guest whose vCPUs were created
 * @ctl: the control socket
 *
 * Starts the vCPU threads, connects the terminal with the guest's serial port,
 * handles signals and requests, and stops the guest while its memory stalls. The terminal has been restored on return.
 *
 * Return: the exit code of the program. vCPU threads have ended, or else the
 * process has.
 */
int loop_run(struct vm *vm, struct ctl *ctl);

#endif
