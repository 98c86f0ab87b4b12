"""An httpx2 transport that connects to checked addresses only.

It hangs on any `httpx2.AsyncClient`: `AsyncClient(transport=GuardedTransport(guard),
trust_env=False)`. A name is resolved once, every address it has is checked, and the connection
goes to a checked address, so a second answer of the name server (rebinding) is never asked for.
TLS still verifies the name. Proxies are not supported on purpose: behind one, nobody could say
which address was reached.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

import anyio
import httpcore2
import httpx2

from autopilot.adapters.address_guard import PORTS, AddressGuard

MAX_ADDRESSES_TRIED = 4

Resolve = Callable[[str, int], Sequence[str]]

MAPPED_ERRORS: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (httpcore2.ConnectTimeout, httpx2.ConnectTimeout),
    (httpcore2.ReadTimeout, httpx2.ReadTimeout),
    (httpcore2.WriteTimeout, httpx2.WriteTimeout),
    (httpcore2.PoolTimeout, httpx2.PoolTimeout),
    (httpcore2.ConnectError, httpx2.ConnectError),
    (httpcore2.ReadError, httpx2.ReadError),
    (httpcore2.WriteError, httpx2.WriteError),
    (httpcore2.LocalProtocolError, httpx2.LocalProtocolError),
    (httpcore2.RemoteProtocolError, httpx2.RemoteProtocolError),
    (httpcore2.UnsupportedProtocol, httpx2.UnsupportedProtocol),
    (httpcore2.TimeoutException, httpx2.ReadTimeout),
    (httpcore2.NetworkError, httpx2.NetworkError),
    (httpcore2.ProtocolError, httpx2.ProtocolError),
)


def system_addresses(host: str, port: int) -> tuple[str, ...]:
    """Return what the machine's resolver says, best first; raises OSError where it knows nothing."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label over 63 characters
        raise OSError(f"{host} cannot be a name") from error
    return tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in answers))


@functools.cache
def certificate_authorities() -> ssl.SSLContext:
    """Return the machine's trust store, read once per process; no environment variable moves it."""
    return httpx2.create_ssl_context(trust_env=False)


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens TCP connections to addresses that the guard has seen, and nothing else."""

    def __init__(self, guard: AddressGuard, resolve: Resolve = system_addresses) -> None:
        self._guard = guard
        self._resolve = resolve
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first checked address that answers; `timeout` (seconds) covers them all."""
        addresses = self._guard.check_addresses(host, port, await self._addresses(host, port))
        tried = addresses[:MAX_ADDRESSES_TRIED]
        patience = None if timeout is None else timeout / len(tried)
        for address in tried[:-1]:
            with contextlib.suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return await self._network.connect_tcp(
                    address, port, patience, local_address, socket_options
                )
        return await self._network.connect_tcp(
            tried[-1], port, patience, local_address, socket_options
        )

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            # Abandoned on a timeout: a name server that hangs must not hold the whole call.
            found = await anyio.to_thread.run_sync(
                self._resolve, host, port, abandon_on_cancel=True
            )
        except OSError as error:
            raise UnknownHost(host) from error
        if not found:
            raise UnknownHost(host)
        return found


class UnknownHost(httpx2.ConnectError):
    """No name server knows an address for the host."""

    def __init__(self, host: str) -> None:
        super().__init__(f"no address is known for {host}")


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Sends one request per connection through the guard; errors come as httpx2's own.

    Connections are not kept: a server that hangs up on an idle one would look like a dead feed.
    """

    def __init__(
        self,
        guard: AddressGuard,
        *,
        resolve: Resolve = system_addresses,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._guard = guard
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context or certificate_authorities(),
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=GuardedBackend(guard, resolve),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request whose URL the guard accepts; raises OutgoingRefused or httpx2 errors."""
        url = request.url
        self._guard.check_place(
            scheme=url.scheme,
            host=url.raw_host.decode("ascii"),
            port=url.port,
            userinfo=bool(url.userinfo),
        )
        assert isinstance(request.stream, httpx2.AsyncByteStream)
        with _mapped_errors():
            response = await self._pool.handle_async_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(
                        scheme=url.raw_scheme,
                        host=url.raw_host,
                        port=url.port or PORTS[url.scheme],
                        target=url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    """The response's bytes as they come, still encoded."""

    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _mapped_errors():
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        await self._response.aclose()


@contextlib.contextmanager
def _mapped_errors() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for seen, told in MAPPED_ERRORS:
            if isinstance(error, seen):
                raise told(str(error)) from error
        raise
