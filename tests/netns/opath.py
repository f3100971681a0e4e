#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps a region's file without having it open, and opens it when told to.

usage: opath.py PATH FIFO, by ssictl region attach. Says "held"; after a line
from the FIFO the name of the error that opening gave; after another it ends.
"""
import errno
import os
import sys


# Open to write as well: else who opens it again while the writer of the first line
# has not closed it yet takes that for the end of the second.
fifo = os.fdopen(os.open(sys.argv[2], os.O_RDWR), encoding="utf-8")
held = os.open(sys.argv[1], os.O_PATH)
os.close(int(os.environ["SSI_REGION_FD"]))
print("held", flush=True)
fifo.readline()
try:
    os.open(f"/proc/self/fd/{held}", os.O_RDWR)
    print("opened", flush=True)
except OSError as error:
    print(errno.errorcode[error.errno], flush=True)
fifo.readline()
