"""A sealed file: encrypted and authenticated in chunks, so that it can be of any size and still be
refused for one wrong bit, a missing end or another key.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): each chunk is sealed with
AES-256-GCM under its number and whether it is the last one, so that none can be left out, moved or
cut off. The key is drawn from the secret by scrypt (RFC 7914) with a salt of the file's own.

    magic | salt (16) | check (16) | chunk ... | last chunk
"""

from __future__ import annotations

import hmac
import io
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from autopilot.errors import BackupUnusable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"autopilot backup 1\n"
SALT_BYTES = CHECK_BYTES = TAG_BYTES = 16
CHUNK_BYTES = 256 * 1024
SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_LANES = 2**15, 8, 1  # 32 MiB and a tenth of a second
OWNER_ONLY = 0o600


class SealedWriter(io.RawIOBase):
    """Writes a sealed file beside its name and puts it there, whole, when it is closed well."""

    def __init__(self, file: Path, secret: bytes) -> None:
        self._file = file
        self._draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        salt = secrets.token_bytes(SALT_BYTES)
        self._cipher, check = _opened(secret, salt)
        self._waiting = bytearray()
        self._number = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self._out: BinaryIO = os.fdopen(os.open(self._draft, flags, OWNER_ONLY), "wb")
        self._head = MAGIC + salt + check
        self._out.write(self._head)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, content: object) -> int:
        """Take bytes; a chunk is written once more than one is there, so that the last is known."""
        given = bytes(content)  # type: ignore[call-overload]
        self._waiting += given
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(given)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file; after an error nothing of it is left."""
        try:
            if kind is None:
                self._finish()
        finally:
            self._out.close()
            self._draft.unlink(missing_ok=True)
            self.close()

    def _finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self._draft.replace(self._file)

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        nonce = _nonce(self._number, is_last=is_last)
        self._out.write(self._cipher.encrypt(nonce, chunk, self._head))
        self._number += 1


class SealedReader(io.RawIOBase):
    """Reads a sealed file; raises BackupUnusable for another key, and wherever it is not as written."""

    def __init__(self, file: Path, secret: bytes) -> None:
        self._name = str(file)
        self._in: BinaryIO = file.open("rb")
        try:
            self._head = self._in.read(len(MAGIC) + SALT_BYTES + CHECK_BYTES)
            self._cipher = self._checked(secret)
        except BaseException:
            self._in.close()
            raise
        self._number = 0
        self._next = self._in.read(CHUNK_BYTES + TAG_BYTES)
        self._ready = b""
        self._has_ended = False

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: object) -> int:
        """Give what comes next; nothing at the end."""
        while not self._ready and not self._has_ended:
            self._ready = self._open_next()
        view = memoryview(buffer)  # type: ignore[arg-type]
        given = self._ready[: len(view)]
        view[: len(given)] = given
        self._ready = self._ready[len(given) :]
        return len(given)

    def close(self) -> None:
        """Close the file."""
        self._in.close()
        super().close()

    def _checked(self, secret: bytes) -> AESGCM:
        if not self._head.startswith(MAGIC) or len(self._head) < len(MAGIC) + SALT_BYTES:
            raise BackupUnusable(f"{self._name} is no backup of Autopilot.")
        salt = self._head[len(MAGIC) : len(MAGIC) + SALT_BYTES]
        cipher, check = _opened(secret, salt)
        if not hmac.compare_digest(check, self._head[-CHECK_BYTES:]):
            raise BackupUnusable(
                f"{self._name} cannot be opened with this secret key.",
                hint="Set AUTOPILOT_SECRET_KEY to the key of the store it was made from"
                " (its secret.key, where that was in the data folder).",
            )
        return cipher

    def _open_next(self) -> bytes:
        from cryptography.exceptions import InvalidTag

        sealed, self._next = self._next, self._in.read(CHUNK_BYTES + TAG_BYTES)
        self._has_ended = not self._next
        nonce = _nonce(self._number, is_last=self._has_ended)
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._head)
        except (InvalidTag, ValueError) as error:
            raise BackupUnusable(
                f"{self._name} is damaged or not whole (at chunk {self._number}); nothing was restored.",
                hint="Take another backup, or copy this one again from where it was kept.",
            ) from error


def is_sealed(file: Path) -> bool:
    """Whether a file begins as ours do."""
    with file.open("rb") as opened:
        return opened.read(len(MAGIC)) == MAGIC


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _opened(secret: bytes, salt: bytes) -> tuple[AESGCM, bytes]:
    """The cipher, and what tells another key at once instead of at the first chunk."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    length = 32 + CHECK_BYTES
    scrypt = Scrypt(salt=salt, length=length, n=SCRYPT_COST, r=SCRYPT_BLOCK, p=SCRYPT_LANES)
    drawn = scrypt.derive(secret)
    return AESGCM(drawn[:32]), drawn[32:]
