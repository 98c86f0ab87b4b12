"""A web server on loopback that does whatever a test's script says, well-behaved or not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable

Script = Callable[[socket.socket, bytes], None]


class HostileServer:
    """Answers each path with its script; `asked` holds the request heads, `sent` what `send` sent."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._scripts: dict[str, Script] = {}
        self._tls = tls
        self._open: list[socket.socket] = []
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()
        self.ending = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.place}{path}"

    def on(self, path: str, script: Script | bytes) -> str:
        """Give a path its script (or raw bytes to send) and return its URL."""
        self._scripts[path] = (
            script if callable(script) else lambda client, head: client.sendall(script)
        )
        return self.url(path)

    def close(self) -> None:
        self.ending.set()
        self._listening.close()
        for client in self._open:
            client.close()

    def _serve(self) -> None:
        while not self.ending.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            head = client.recv(65_536)
            if head:
                self.asked.append(head.decode("latin-1"))
                path = head.split(b" ")[1].decode("latin-1").partition("?")[0]
                self._scripts.get(path, _not_found)(client, head)
        except (OSError, IndexError):
            pass
        finally:
            with self._lock:
                self.at_once -= 1
            client.close()


def _not_found(client: socket.socket, head: bytes) -> None:
    client.sendall(b"HTTP/1.1 404 Nowhere\r\nContent-Length: 0\r\n\r\n")
