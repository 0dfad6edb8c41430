#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Installs a package as dnf does: librpm inside Python, which loads it without lending its symbols to plugins.

    descriptors.py ROOT PACKAGE file|memfd|nameless    what rpm gets to read
"""
import os
import sys

import rpm


def opened(kind, path):
    """A descriptor of that kind with the package, at its start."""
    if kind == "file":
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    fd = os.memfd_create("package") if kind == "memfd" else os.open("/dev/shm", os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    with open(path, "rb") as file:
        os.write(fd, file.read())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def main():
    """The exit status."""
    root, path, kind = sys.argv[1:]
    open_now = []

    def notify(what, _amount, _total, key, _data):
        if what == rpm.RPMCALLBACK_INST_OPEN_FILE:
            open_now.append(opened(kind, key))
            return open_now[-1]
        if what == rpm.RPMCALLBACK_INST_CLOSE_FILE:
            os.close(open_now.pop())
        return None

    transaction = rpm.TransactionSet(root)
    fd = opened(kind, path)
    header = transaction.hdrFromFdno(fd)
    os.close(fd)
    transaction.addInstall(header, path, "u")
    transaction.order()
    problems = transaction.run(notify, None)
    print(problems)
    return 0 if problems is None else 1  # an empty list is trouble, too


if __name__ == "__main__":
    sys.exit(main())
