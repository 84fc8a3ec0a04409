#!/usr/bin/env python3
"""Starts the browser named by PLAYGROUND_CHROMIUM so that it does not hear of changes to this machine's network.

Chromium breaks off whatever it loads when an interface comes or goes (ERR_NETWORK_CHANGED), and with Docker one does for every
container. It hears of them over netlink and does without where there is none, so that family of sockets is denied to it.
"""

import ctypes
import os
import platform
import struct
import sys

AF_NETLINK, EAFNOSUPPORT = 16, 97
# The number of socket(2).
SOCKET = {"x86_64": 41, "aarch64": 198}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
# From linux/bpf_common.h and linux/seccomp.h: load a word, jump if equal, return.
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, FIRST_ARGUMENT = 0, 16
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def deny_netlink(socket):
    steps = [
        (LOAD, 0, 0, NUMBER),
        (JUMP_IF_EQUAL, 0, 3, socket),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_EQUAL, 0, 1, AF_NETLINK),
        (RETURN, 0, 0, ERRNO | EAFNOSUPPORT),
        (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = Program(len(steps), ctypes.cast(code, ctypes.c_void_p))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program), 0, 0)):
        if prctl(*arguments) != 0:
            sys.exit(f"prctl{arguments}: {os.strerror(ctypes.get_errno())}")


def main():
    if platform.machine() in SOCKET:
        deny_netlink(SOCKET[platform.machine()])
    browser = os.environ["PLAYGROUND_CHROMIUM"]
    os.execv(browser, [browser, *sys.argv[1:]])


main()
