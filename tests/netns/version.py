#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the netlink family says to an ssictl of another release: to another
version of the family, to another protocol, to attributes and commands that it
does not know. Written without libraries, so that it can say what they cannot.
"""

import errno
import os
import socket
import struct
import sys

import yaml

NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x100, 0x200
NLMSGERR_ATTR_MSG = 1
SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 10, 11
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2
HEADER, ERROR = struct.Struct("=IHHII"), struct.Struct("=i")

SPEC = os.path.join(os.path.dirname(__file__), "../../uapi/ssi_mem.yaml")
with open(SPEC, encoding="utf-8") as text:
    spec = yaml.safe_load(text)
VERSION = spec.get("version", 1)
COMMANDS = [None] + [command["name"] for command in spec["operations"]["list"]]
ATTRIBUTES = [None] + [a["name"] for names in spec["attribute-sets"]
                       if names["name"] == "ssi" for a in names["attributes"]]
A_PROTOCOL = ATTRIBUTES.index("protocol")


def attribute(kind, data):
    """An attribute with its padding."""
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def attributes(data):
    """The attributes in a buffer, by type."""
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        if size < 4:
            break
        found[kind & 0x3fff] = data[4:size]
        data = data[size + 3 & ~3:]
    return found


def refusal(kind, flags, body):
    """The error that ends an answer, and its text."""
    rest = body[ERROR.size:]
    if kind == NLMSG_ERROR:
        # The request's header comes back, and the request if it is not capped.
        size, = struct.unpack_from("=I", rest)
        rest = rest[HEADER.size if flags & NLM_F_CAPPED else size + 3 & ~3:]
    texts = attributes(rest) if flags & NLM_F_ACK_TLVS else {}
    return (-ERROR.unpack_from(body)[0],
            texts.get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode())


class Netlink:
    """A connection to the family."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.family = GENL_ID_CTRL
        _, _, reply = self.ask(CTRL_CMD_GETFAMILY, 2,
                               attribute(CTRL_ATTR_FAMILY_NAME, b"ssi_mem\0"))
        self.family, = struct.unpack("=H", reply[CTRL_ATTR_FAMILY_ID])

    def ask(self, cmd, version=VERSION, body=b"", flags=NLM_F_ACK):
        """Returns the error, its text, and the attributes of the answer. The
        command is a number, or a name of the family's."""
        if isinstance(cmd, str):
            cmd = COMMANDS.index(cmd)
        request = struct.pack("=BBH", cmd, version, 0) + body
        self.socket.send(HEADER.pack(HEADER.size + len(request), self.family,
                                     NLM_F_REQUEST | flags, 1, 0) + request)
        reply = {}
        while True:
            data = self.socket.recv(65536)
            while data:
                size, kind, flags, _, _ = HEADER.unpack_from(data)
                body, data = data[HEADER.size:size], data[size + 3 & ~3:]
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    return *refusal(kind, flags, body), reply
                reply = attributes(body[4:])


failed = False


def check(what, good, seen):
    """A line of TAP."""
    global failed
    failed |= not good
    print(f"{'ok' if good else 'not ok'} - {what}" + ("" if good else f": {seen}"))


def refuses(what, error, text, answer):
    """The answer is this error with a text that has these words."""
    check(f"refused: {what}", answer[0] == error and text in answer[1],
          f"{os.strerror(answer[0])} ({answer[1]})")


def main():
    """Asks."""
    nl = Netlink()
    error, text, reply = nl.ask("version-get")
    check("the versions are told",
          error == 0 and ATTRIBUTES.index("module-version") in reply and A_PROTOCOL in reply, text)
    protocol, = struct.unpack("=I", reply[A_PROTOCOL])
    check("the module's own protocol is accepted",
          nl.ask("version-get", body=attribute(A_PROTOCOL, reply[A_PROTOCOL]))[0] == 0, "")
    for other in (protocol - 1, protocol + 1, 2 ** 32 - 1):
        refuses(f"protocol {other}", errno.ENOPROTOOPT, f"speaks protocol {protocol}",
                nl.ask("version-get", body=attribute(A_PROTOCOL, struct.pack("=I", other))))
    for version in (VERSION - 1, VERSION + 1, 255):
        refuses(f"version {version} of the family", errno.EPROTONOSUPPORT,
                f"version {VERSION} of the netlink family", nl.ask("version-get", version))
        for cmd in ("node-get", "peer-get", "region-get"):
            refuses(f"version {version} of the family, dump {cmd}", errno.EPROTONOSUPPORT,
                    f"version {VERSION} of the netlink family",
                    nl.ask(cmd, version, flags=NLM_F_DUMP))
    for kind in (200, len(ATTRIBUTES)):
        refuses(f"attribute {kind}", errno.EINVAL, "Unknown attribute type",
                nl.ask("version-get", body=attribute(kind, bytes(4))))
    refuses("command 200", errno.EOPNOTSUPP, "", nl.ask(200))


main()
sys.exit(failed)
