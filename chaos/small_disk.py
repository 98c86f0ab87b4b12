"""A disk so small that it can be filled: a file system in memory, where this process may mount one.

It is mounted in a name space of the campaign's own, so that it goes with its last process.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

SIZE_MEGABYTES = 64
NEW_MOUNTS = 0x00020000  # CLONE_NEWNS
CHUNK = bytes(1_048_576)


def mounted(stack: ExitStack) -> Path | None:
    """Return a folder on a small disk, or None where that is not allowed."""
    folder = Path(tempfile.mkdtemp(prefix="autopilot-disk-"))
    stack.callback(folder.rmdir)
    if not _has_own_mounts() or not _mount(folder):
        return None
    stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=False)
    return folder


def is_one(folder: Path) -> bool:
    """Whether this folder is a small disk of ours."""
    return os.path.ismount(folder)


def fill(file: Path) -> None:
    """Write to a file until there is no room for a single byte more."""
    with file.open("wb", buffering=0) as opened:
        for piece in (CHUNK, CHUNK[:512], CHUNK[:1]):
            try:
                while opened.write(piece):
                    pass
            except OSError:
                continue


def _has_own_mounts() -> bool:
    """Ask the kernel for mounts of our own: only root may, and only Linux has them."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return False
    return bool(ctypes.CDLL(None).unshare(NEW_MOUNTS) == 0)


def _mount(folder: Path) -> bool:
    commands = [
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MEGABYTES}m,mode=700", "tmpfs", str(folder)],
    ]
    done = (subprocess.run(command, check=False, capture_output=True) for command in commands)  # noqa: S603
    return all(ended.returncode == 0 for ended in done)
