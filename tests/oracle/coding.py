# SPDX-License-Identifier: GPL-2.0-or-later
"""What all parts of a bundle are made of: zstd frames and varints (specs/format/bundle.md)."""
import pathlib
import subprocess
import tempfile

from rpmfile import malformed


def inflate(frame, reference=b"", length=None):
    """One zstd frame, with a reference prefix; exactly length bytes."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder, name) for name in ("frame.zst", "reference", "out")]
        paths[0].write_bytes(frame)
        paths[1].write_bytes(reference)
        command = ["zstd", "-q", "-d", "-f", "--long=31", paths[0], "-o", paths[2]]
        if reference:
            command.insert(3, f"--patch-from={paths[1]}")
        result = subprocess.run(command, capture_output=True)
        malformed(result.returncode != 0 or not frame, "not a zstd frame")
        out = paths[2].read_bytes()
    malformed(length is not None and len(out) != length, "a frame has another length")
    return out


class Numbers:
    """Varints, each in its shortest spelling."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def next(self, ceiling=1 << 63):
        value, shift = 0, 0
        while True:
            malformed(self.at >= len(self.data), "cut short")
            byte = self.data[self.at]
            self.at += 1
            malformed(shift and byte == 0, "a padded number")
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                malformed(value > ceiling, "a number is too large")
                return value

    def signed(self, ceiling=1 << 63):
        code = self.next(2 * ceiling)
        return code >> 1 ^ -(code & 1)

    def bytes(self, length):
        malformed(length > len(self.data) - self.at, "cut short")
        self.at += length
        return self.data[self.at - length:self.at]
