"""A sealed file opens with its key, whole and unaltered, or not at all."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from autopilot.adapters.sealed_file import CHUNK_BYTES, MAGIC, SealedReader, SealedWriter, is_sealed
from autopilot.errors import BackupUnusable

SECRET = b"s" * 64
HEAD = len(MAGIC) + 32


def sealed(file: Path, content: bytes, *, by: int = 100_000) -> Path:
    with SealedWriter(file, SECRET) as out:
        for start in range(0, len(content), by):
            out.write(content[start : start + by])
    return file


def opened(file: Path, secret: bytes = SECRET) -> bytes:
    with SealedReader(file, secret) as reader:
        return reader.read()


@pytest.mark.parametrize(
    "size",
    [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 17],
)
@pytest.mark.parametrize("by", [7_919, 10_000_000])
def test_what_was_sealed_is_read_back(tmp_path: Path, size: int, by: int) -> None:
    content = random.Random(size).randbytes(size)
    file = sealed(tmp_path / "it", content, by=by)
    assert opened(file) == content
    assert is_sealed(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["it"]


def test_the_same_content_is_sealed_otherwise_each_time(tmp_path: Path) -> None:
    first, second = sealed(tmp_path / "a", b"x" * 1000), sealed(tmp_path / "b", b"x" * 1000)
    assert first.read_bytes()[len(MAGIC) :] != second.read_bytes()[len(MAGIC) :]
    assert b"xxxx" not in first.read_bytes()


def test_another_key_is_told_from_damage(tmp_path: Path) -> None:
    file = sealed(tmp_path / "it", b"content")
    with pytest.raises(BackupUnusable, match="cannot be opened with this secret key"):
        opened(file, b"t" * 64)


@pytest.mark.parametrize("content", [b"", b"hello", MAGIC[:5], b"PK\x03\x04" * 40, MAGIC])
def test_another_file_is_told_from_ours(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "it"
    file.write_bytes(content)
    with pytest.raises(BackupUnusable, match=r"is no backup|cannot be opened"):
        opened(file)


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    file = sealed(tmp_path / "it", random.Random(1).randbytes(2 * CHUNK_BYTES + 100))
    whole = file.read_bytes()
    places = [*range(HEAD), *random.Random(2).sample(range(HEAD, len(whole)), 60), len(whole) - 1]
    for place in places:
        broken = bytearray(whole)
        broken[place] ^= 1 << (place % 8)
        file.write_bytes(broken)
        with pytest.raises(BackupUnusable):
            opened(file)


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    sealed_chunk = CHUNK_BYTES + 16
    file = sealed(tmp_path / "it", random.Random(1).randbytes(3 * CHUNK_BYTES))
    whole = file.read_bytes()
    for length in (
        *(HEAD + count * sealed_chunk for count in range(3)),  # between chunks
        *random.Random(3).sample(range(len(whole)), 40),
        len(whole) - 1,
    ):
        file.write_bytes(whole[:length])
        with pytest.raises(BackupUnusable):
            opened(file)


def test_chunks_cannot_be_moved_repeated_or_added(tmp_path: Path) -> None:
    size = CHUNK_BYTES + 16
    file = sealed(tmp_path / "it", random.Random(1).randbytes(4 * CHUNK_BYTES))
    whole = file.read_bytes()
    first, second = whole[HEAD : HEAD + size], whole[HEAD + size : HEAD + 2 * size]
    rest = whole[HEAD + 2 * size :]
    for broken in (
        whole[:HEAD] + second + first + rest,
        whole[:HEAD] + first + first + rest,
        whole[:HEAD] + first + rest,
        whole + b"\0",
        whole + first,
    ):
        file.write_bytes(broken)
        with pytest.raises(BackupUnusable):
            opened(file)


def test_an_error_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    file = sealed(tmp_path / "it", b"before")

    def break_off() -> None:
        with SealedWriter(file, SECRET) as out:
            out.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert opened(file) == b"before"
    assert os.listdir(tmp_path) == ["it"]
