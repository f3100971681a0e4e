# SPDX-License-Identifier: Apache-2.0
"""What a lab run needs before it can boot, made once and kept in build/."""

import os
import pathlib
import shutil
import subprocess
import tempfile

LAB = pathlib.Path(__file__).resolve().parent
REPO = LAB.parent.parent
BUILD = REPO / "build"
LAB_BUILD = BUILD / "lab"

BUSYBOX = pathlib.Path("/bin/busybox")
# What it takes to mount the host's root; everything else is loaded from there.
INITRAMFS_MODULES = ("virtio_pci", "9pnet_virtio", "9p")


class LabError(Exception):
    """Something the user can mend; the text says what."""


class Kernel:
    """A kernel unpacked by tests/deps, or built by tests/debug/build."""

    def __init__(self, name):
        self.name = name
        self.directory = BUILD / "kernels" / name
        self.image = self.directory / "vmlinuz"
        self.initramfs = None
        try:
            self.release = (self.directory / "release").read_text().strip()
        except OSError:
            raise LabError(f"no kernel in {self.directory}: "
                           "run tests/deps, or make check-debug") from None


def is_current(product, sources):
    """Whether product is younger than all its sources."""
    return (product.exists() and
            all(product.stat().st_mtime >= source.stat().st_mtime
                for source in sources))


def run_tool(command, **options):
    """Runs a tool that must succeed; returns what it printed."""
    done = subprocess.run(command, capture_output=True, check=False, **options)
    if done.returncode:
        raise LabError(f"{command[0]} failed:\n{done.stderr.decode()}")
    return done.stdout


def replace_with(product, scratch):
    """Moves a finished file into place: two labs may build it at once."""
    os.replace(scratch, product)


def build_program(name):
    """Builds a static program that runs on a node; returns its path."""
    source, header = LAB / f"{name}.c", LAB / "frame.h"
    program = LAB_BUILD / name
    if is_current(program, (source, header)):
        return program
    LAB_BUILD.mkdir(parents=True, exist_ok=True)
    scratch = LAB_BUILD / f".{name}.{os.getpid()}"
    run_tool(["gcc", "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-static",
              "-o", str(scratch), str(source)])
    replace_with(program, scratch)
    return program


def module_files(kernel):
    """The files of INITRAMFS_MODULES and all they need, in loading order."""
    files = []
    for module in INITRAMFS_MODULES:
        listing = run_tool(["/sbin/modprobe", "-d", str(kernel.directory),
                            "-S", kernel.release, "--show-depends", module])
        for line in listing.decode().splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "insmod" and rest.split()[0] not in files:
                files.append(rest.split()[0])
    return files


def copy_module(source, directory):
    """Copies a module, unpacked; returns its name."""
    name = os.path.basename(source).removesuffix(".xz")
    if source.endswith(".xz"):
        (directory / name).write_bytes(run_tool(["xz", "-dc", source]))
    else:
        shutil.copy(source, directory / name)
    return name


def fill_initramfs(kernel, tree):
    """Lays out the initramfs of a kernel below tree."""
    for directory in ("bin", "dev", "modules"):
        (tree / directory).mkdir()
    shutil.copy(BUSYBOX, tree / "bin/busybox")
    shutil.copy(LAB / "initramfs-init", tree / "init")
    os.chmod(tree / "init", 0o755)
    names = [copy_module(source, tree / "modules")
             for source in module_files(kernel)]
    (tree / "modules/order").write_text("".join(f"{n}\n" for n in names))


def build_initramfs(kernel):
    """Builds the initramfs of a kernel; returns its path.

    Not compressed: unpacking costs more under emulation than loading.
    """
    image = LAB_BUILD / f"initramfs-{kernel.release}"
    sources = (LAB / "initramfs-init", kernel.directory / "release", BUSYBOX,
               pathlib.Path(__file__))
    if is_current(image, sources):
        return image
    LAB_BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=LAB_BUILD) as scratch:
        tree = pathlib.Path(scratch, "tree")
        tree.mkdir()
        fill_initramfs(kernel, tree)
        names = "\n".join(str(path.relative_to(tree))
                          for path in sorted(tree.rglob("*")))
        archive = run_tool(["cpio", "-o", "-H", "newc", "--quiet",
                            "-R", "0:0"], input=names.encode(), cwd=tree)
        unfinished = pathlib.Path(scratch, "image")
        unfinished.write_bytes(archive)
        replace_with(image, unfinished)
    return image
