# SPDX-License-Identifier: Apache-2.0
"""One virtual machine of a lab run, and the frames it talks in."""

import asyncio
import signal
import socket
import struct
import subprocess

import artifacts

FRAME_HEADER = struct.Struct("<IIBBH")     # struct frame of frame.h
HELLO, EXEC, STDOUT, STDERR, SIGNAL, EXIT, KILL_NODE, SHUTDOWN, BYE = b"HXOESQKDB"

CPU = {
    # TCG emulates AMD's virtualization, so a node has a /dev/kvm. Without
    # -monitor an idle processor spins in MWAIT and eats one of the host's.
    "tcg": "EPYC,+svm,+npt,-monitor,check=off",
    "kvm": "host",
}

KERNEL_ARGUMENTS = (
    "console=ttyS0 panic=-1 oops=panic",
    # The default, hpet, costs an emulated device access per reading; and an
    # unreliable TSC makes KVM on the node shift its guests' clocks.
    "clocksource=tsc tsc=reliable",
    # A busy host delays an emulated processor more than the defaults allow.
    "rcupdate.rcu_cpu_stall_timeout=60 watchdog_thresh=30",
    # A cache that is shared with others tells of no object that was forgotten.
    "slab_nomerge",
)

NOT_AS_SHIPPED = (
    # Nobody attacks a lab, and what guards against that takes a third of an emulated
    # processor.
    "mitigations=off",
    # New pages hold what was left in them: one that the module did not clear is seen.
    "init_on_alloc=0",
    # Each command is a session of its own: nice would mean nothing between two.
    "noautogroup",
)


def packed(kind, session=0, arg=0, payload=b""):
    """A frame, ready to be written."""
    return FRAME_HEADER.pack(session, len(payload), kind, arg, 0) + payload


class Frame:
    """A frame that was read."""

    def __init__(self, session, kind, arg, payload):
        self.session = session
        self.kind = kind
        self.arg = arg
        self.payload = payload


async def read_frame(reader):
    """The next frame, or None when the other end is gone."""
    try:
        header = await reader.readexactly(FRAME_HEADER.size)
        session, length, kind, arg, _ = FRAME_HEADER.unpack(header)
        return Frame(session, kind, arg, await reader.readexactly(length))
    except (asyncio.IncompleteReadError, OSError):
        return None


class Cables:
    """The virtual network: socket pairs, whose ends QEMU inherits.

    So no path and no port number is taken, and nothing is left behind.
    """

    def __init__(self, nodes, link):
        kind = {"stream": socket.SOCK_STREAM, "dgram": socket.SOCK_DGRAM}[link]
        self.link = link
        self.ends = [[] for _ in range(nodes)]
        for node in range(1, nodes):
            for owner, end in zip((0, node), socket.socketpair(
                    socket.AF_UNIX, kind)):
                self.ends[owner].append(end)

    def arguments(self, node):
        """QEMU's options for this node's network card and its cables."""
        ends = self.ends[node]
        if not ends:
            return []
        card = ["-device", "virtio-net-pci,netdev=card,romfile=,"
                f"mac=52:54:00:77:00:{node + 1:02x}"]
        if len(ends) == 1:
            return ["-netdev", self._backend("card", ends[0])] + card
        hub = ["-netdev", "hubport,id=card,hubid=0"]
        for number, end in enumerate(ends):
            hub += ["-netdev", self._backend(f"cable{number}", end),
                    "-netdev", f"hubport,id=plug{number},hubid=0,"
                    f"netdev=cable{number}"]
        return hub + card

    def _backend(self, name, end):
        if self.link == "dgram":
            return f"dgram,id={name},local.type=fd,local.str={end.fileno()}"
        return (f"stream,id={name},server=off,addr.type=fd,"
                f"addr.str={end.fileno()}")

    def descriptors(self, node):
        """The descriptors that this node's QEMU inherits."""
        return [end.fileno() for end in self.ends[node]]

    def close(self):
        """Leaves the cables to the QEMUs."""
        for ends in self.ends:
            for end in ends:
                end.close()


class Node:
    """A virtual machine: its QEMU process and its control port."""

    def __init__(self, number, options, directory):
        self.number = number
        self.options = options
        self.kernel = options.kernels[min(number, len(options.kernels) - 1)]
        self.directory = directory
        self.log = directory / f"node{number}.log"
        self.qemu_log = directory / f"node{number}.qemu"
        self.ready = asyncio.Event()
        self.ended_in_order = False
        self.power_was_cut = False
        self.process = None
        self.reader = None
        self.writer = None

    def _command(self, cables, control):
        options = self.options
        arguments = [*KERNEL_ARGUMENTS, f"lab_repo={artifacts.REPO}",
                     f"lab_run={self.directory}", f"lab_node={self.number}",
                     f"lab_kernel={self.kernel.name}"]
        if not options.as_shipped:
            arguments += NOT_AS_SHIPPED
        return [
            # The limit holds even when lab itself is killed.
            "timeout", "--foreground", "-s", "KILL", str(options.timeout + 60),
            "qemu-system-x86_64", "-M", "q35", "-cpu", CPU[options.accel],
            *self._acceleration(),
            "-smp", str(options.smp), "-m", str(options.mem),
            "-nodefaults", "-display", "none", "-no-reboot",
            "-serial", f"file:{self.log}",
            "-kernel", str(self.kernel.image),
            "-initrd", str(self.kernel.initramfs),
            "-append", " ".join(arguments),
            "-virtfs", "local,path=/,mount_tag=root,security_model=none,"
            "multidevs=remap,readonly=on",
            "-virtfs", f"local,path={options.out},mount_tag=out,"
            "security_model=none,multidevs=remap",
            "-chardev", f"socket,id=control,fd={control.fileno()}",
            "-device", "virtio-serial-pci",
            "-device", "virtserialport,chardev=control,name=lab",
            *cables.arguments(self.number),
            *self._publication(),
        ]

    def _publication(self):
        """A card of its own, by which the host reaches one port of node 0.

        It comes behind the one of the cables, and lets nothing out.
        """
        options = self.options
        if self.number or not options.publish:
            return []
        return ["-netdev", "user,id=host,restrict=on,hostfwd=tcp:"
                f"{options.published}-10.77.0.1:{options.publish}",
                "-device", "virtio-net-pci,netdev=host,romfile="]

    def _acceleration(self):
        if self.options.icount:
            return ["-accel", "tcg,thread=single", "-icount",
                    "shift=0,sleep=off", "-seed", "1",
                    "-rtc", "clock=vm,base=2024-01-01"]
        if self.options.accel == "tcg":
            return ["-accel", "tcg,thread=multi"]
        return ["-accel", self.options.accel]

    async def start(self, cables):
        """Powers the node on."""
        ours, control = socket.socketpair()
        with open(self.qemu_log, "wb") as qemu_log:
            self.process = await asyncio.create_subprocess_exec(
                *self._command(cables, control), stdin=subprocess.DEVNULL,
                stdout=qemu_log, stderr=qemu_log, start_new_session=True,
                pass_fds=[control.fileno(), *cables.descriptors(self.number)])
        control.close()
        self.reader, self.writer = await asyncio.open_connection(sock=ours)

    def send(self, kind, session=0, arg=0, payload=b""):
        """Queues a frame; never waits, so that relaying cannot deadlock."""
        if self.writer and not self.writer.is_closing():
            self.writer.write(packed(kind, session, arg, payload))

    def cut_power(self):
        """Kills this node's QEMU.

        The alarm makes `timeout` do it, which then also buries it.
        """
        if not self.process or self.process.returncode is not None:
            return
        self.power_was_cut = True
        try:
            self.process.send_signal(signal.SIGALRM)
        except ProcessLookupError:
            pass

    def kernel_log(self):
        """What the node's kernel printed."""
        try:
            return self.log.read_text(errors="replace").replace("\r", "")
        except OSError:
            return ""

    def died(self):
        """Whether the node ended though nobody wanted it to."""
        return (self.process is not None and
                not (self.ended_in_order or self.power_was_cut))

    def reset_silently(self):
        """Whether this is the emulator's known flake.

        QEMU's emulation of AMD virtualization now and then resets the whole
        machine: an orderly exit of QEMU without a word from the kernel. What
        the kernel says when it ends by itself rules that out.
        """
        words = ("Kernel panic", "reboot: ", "sysrq: ")
        return (self.died() and self.options.accel == "tcg" and
                self.ready.is_set() and self.process.returncode == 0 and
                not any(word in self.kernel_log() for word in words) and
                not self.qemu_log.read_bytes() and not self.log_trouble())

    def log_trouble(self):
        """The lines of the kernel log that tests/lab/kernel-log objects to."""
        done = subprocess.run([artifacts.LAB / "kernel-log", self.log],
                              capture_output=True, check=False)
        prefix = f"{self.log}:"
        return [line.removeprefix(prefix) for line in
                (done.stdout + done.stderr).decode(errors="replace").splitlines()]
