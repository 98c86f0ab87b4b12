"""The guard says no to every address that is not on the public internet, however it is written."""

from __future__ import annotations

import httpx2
import pytest

from autopilot.adapters.address_guard import AddressGuard, allowed_places, unwrapped, why_refused
from autopilot.errors import OutgoingRefused, SettingsInvalid

REFUSED = {
    "0.0.0.0": "this machine",
    "0.1.2.3": "this machine",
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "100.64.0.1": "carrier-grade NAT",
    "100.100.100.200": "carrier-grade NAT",
    "100.127.255.255": "carrier-grade NAT",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "cloud metadata",
    "169.254.0.1": "link-local, cloud metadata",
    "169.254.169.254": "link-local, cloud metadata",
    "169.254.170.2": "link-local, cloud metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.192": "protocol assignments",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.1.1": "private",
    "198.18.0.1": "benchmarking",
    "198.19.255.255": "benchmarking",
    "198.51.100.7": "documentation",
    "203.0.113.7": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "unspecified",
    "::1": "loopback",
    "0:0:0:0:0:0:0:1": "loopback",
    "::127.0.0.1": "loopback",
    "::10.0.0.1": "private",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:7f00:1": "loopback",
    "::ffff:169.254.169.254": "link-local, cloud metadata",
    "::ffff:10.0.0.1": "private",
    "::ffff:0:127.0.0.1": "not global unicast",
    "64:ff9b::7f00:1": "NAT64",
    "64:ff9b::8.8.8.8": "NAT64",
    "64:ff9b:1::a00:1": "local NAT64",
    "100::1": "discard",
    "2001::7f00:1": "Teredo tunnel",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "Teredo tunnel",
    "2001:2::1": "protocol assignments",
    "2001:20::1": "protocol assignments",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4 tunnel",
    "2002:808:808::1": "6to4 tunnel",
    "2a00:1450::5efe:7f00:1": "ISATAP tunnel",
    "2a00:1450::200:5efe:a00:1": "ISATAP tunnel",
    "3fff::1": "documentation",
    "4000::1": "not global unicast",
    "5f00::1": "segment routing",
    "fc00::1": "unique-local",
    "fd00:ec2::254": "unique-local",
    "fd20:ce::254": "unique-local",
    "fe80::1": "link-local",
    "febf::1": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
}

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "168.63.129.17",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82a::200e",
    "::ffff:8.8.8.8",
]

DISGUISED = [
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0x7F.1/",
    "http://0177.0.0.1/",
    "http://0177.0.0.01/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.1./",
    "http://0/",
    "http://127.0.0.1./",
    "http://127.0.0.0x1/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:0001]/",
    "http://[::1%25lo]/",
    "http://[fe80::1%25eth0]/",
    "http://127.0.0.1%2f.example.org/",
    "http://exa mple.org/",
    "http://example..org/",
    "http://%31%32%37.0.0.1/",
    "http://ｌｏｃａｌｈｏｓｔ/",
]


def refused(url: str, guard: AddressGuard | None = None) -> str:
    """Return why a URL is refused before any look-up; fails where it is let through."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        return str(error)
    with pytest.raises(OutgoingRefused) as caught:
        (guard or AddressGuard()).check_place(
            scheme=parsed.scheme,
            host=parsed.raw_host.decode(),
            port=parsed.port,
            userinfo=bool(parsed.userinfo),
        )
    return caught.value.message


@pytest.mark.parametrize(("address", "meaning"), REFUSED.items(), ids=str)
def test_an_address_that_is_not_public_is_refused_by_name(address: str, meaning: str) -> None:
    assert why_refused(unwrapped(address)) == meaning
    with pytest.raises(OutgoingRefused, match="not public"):
        AddressGuard().check_addresses("feeds.example", 443, ["8.8.8.8", address])


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address: str) -> None:
    assert why_refused(unwrapped(address)) is None
    assert AddressGuard().check_addresses("feeds.example", 443, [address])


def test_a_mapped_address_is_connected_to_as_ipv4() -> None:
    guard = AddressGuard()
    assert guard.check_addresses("feeds.example", 443, ["::ffff:8.8.8.8"]) == ("8.8.8.8",)


@pytest.mark.parametrize("url", DISGUISED)
def test_a_disguised_address_is_refused_before_a_lookup(url: str) -> None:
    assert refused(url)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("file:///etc/passwd", "file is not fetched; only http and https are"),
        ("ftp://example.org/", "ftp is not fetched; only http and https are"),
        ("gopher://example.org/", "gopher is not fetched; only http and https are"),
        ("//example.org/", "an address without a scheme is not fetched; only http and https are"),
        ("http:///feed", "'' is not a host name"),
        ("http://example.org:0/", "0 is not a port; leave it out, or use 80 or 443"),
        ("http://example.org:99999/", "99999 is not a port; leave it out, or use 80 or 443"),
        ("http://example.org:-1/", "-1 is not a port; leave it out, or use 80 or 443"),
        (
            "http://example.org:22/",
            (
                "port 22 of example.org is not 80 or 443; "
                "allow it with AUTOPILOT_ALLOW_HOSTS=example.org:22"
            ),
        ),
        (
            "http://127.0.0.1:8000/",
            (
                "the address 127.0.0.1 is not public (loopback); "
                "allow it with AUTOPILOT_ALLOW_HOSTS=127.0.0.1:8000"
            ),
        ),
        (
            "http://[0:0::1]/",
            (
                "the address 0:0::1 is not public (loopback); "
                "allow it with AUTOPILOT_ALLOW_HOSTS=[::1]:80"
            ),
        ),
        (
            "http://user:secret@example.org/",
            "the address carries a user name or password; leave it out, it would end up in logs",
        ),
    ],
)
def test_a_refusal_says_what_and_what_to_do(url: str, told: str) -> None:
    assert refused(url) == told


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://example.org:443/feed",
        "http://example.org:443/",
        "https://bücher.example/",
        "https://a_b.example.org/",
        "https://3com.example/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/",
    ],
)
def test_an_ordinary_address_is_not_refused_by_its_spelling(url: str) -> None:
    parsed = httpx2.URL(url)
    AddressGuard().check_place(
        scheme=parsed.scheme, host=parsed.raw_host.decode(), port=parsed.port, userinfo=False
    )


def test_a_name_with_one_private_address_is_refused_whole() -> None:
    with pytest.raises(OutgoingRefused) as caught:
        AddressGuard().check_addresses("feeds.example", 443, ["8.8.8.8", "10.0.0.5"])
    assert caught.value.message == (
        "feeds.example leads to 10.0.0.5, which is not public (private); "
        "allow it with AUTOPILOT_ALLOW_HOSTS=feeds.example:443"
    )


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000/"),
        ("[::1]:9000", "http://[::1]:9000/"),
        ("[0:0:0:0:0:0:0:1]:9000", "http://[::1]:9000/"),
        ("Intranet.Example:80", "http://intranet.example/"),
        ("localhost:8080", "http://LOCALHOST:8080/"),
    ],
)
def test_the_allow_list_lets_an_exact_place_through(entry: str, url: str) -> None:
    parsed = httpx2.URL(url)
    host, port = parsed.raw_host.decode(), parsed.port or 80
    guard = AddressGuard(allow=allowed_places([entry]))
    guard.check_place(scheme="http", host=host, port=port, userinfo=False)
    assert guard.check_addresses(host, port, ["127.0.0.1"]) == ("127.0.0.1",)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8001/",
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://127.0.0.2:8000/",
        "http://127.0.0.1.:8000/",
        "http://[::ffff:127.0.0.1]:8000/",
    ],
)
def test_the_allow_list_lets_nothing_through_that_only_looks_alike(url: str) -> None:
    assert refused(url, AddressGuard(allow=allowed_places(["127.0.0.1:8000"])))


def test_every_bad_entry_of_the_allow_list_is_named_at_once() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        allowed_places(["*", "10.0.0.0/8", "host", "host:0", "host:x", "[zz]:1", "fine:1", " "])
    assert [problem.message.split("'")[1] for problem in caught.value.problems] == [
        "*",
        "10.0.0.0/8",
        "host",
        "host:0",
        "host:x",
        "[zz]:1",
    ]
