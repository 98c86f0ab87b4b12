"""DKIM (RFC 6376): signs mails where no relay does it, headers of one-click unsubscribing included."""

from __future__ import annotations

from collections.abc import Callable

from autopilot.errors import Problem, SettingsInvalid

# RFC 8058, 4: both of its headers have to be signed.
SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
)  # fmt: skip


def dkim_signer(private_key: str, *, selector: str, domain: str) -> Callable[[bytes], bytes]:
    """Return what puts a signature before a mail; raises SettingsInvalid where none can be made."""
    try:
        import dkim  # late, and an extra
    except ModuleNotFoundError as error:
        raise _refused(
            "the program for it is not installed: pip install 'autopilot-newsletters[dkim]'"
        ) from error

    def sign(content: bytes) -> bytes:
        head = content.partition(b"\r\n\r\n")[0].lower()
        present = [name for name in SIGNED if b"\n" + name + b":" in b"\n" + head]
        signature: bytes = dkim.sign(
            content,
            selector.encode(),
            domain.encode("idna"),
            private_key.encode(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=present,
        )
        return signature + content

    try:
        sign(b"From: a@example.org\r\n\r\n\r\n")
    except Exception as error:  # noqa: BLE001  # it raises many kinds for a key that it cannot read
        raise _refused(f"it cannot be used ({type(error).__name__})") from None
    return sign


def _refused(why: str) -> SettingsInvalid:
    problem = Problem(
        path="AUTOPILOT_DKIM_KEY",
        message=why,
        allowed="an RSA private key in PEM",
        example="(the output of: openssl genrsa 2048)",
    )
    return SettingsInvalid("Mails cannot be signed:", [problem])
