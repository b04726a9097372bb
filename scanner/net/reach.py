"""Whom this machine may be sent to: what stands inside is asked only if the operator wrote it.

A stranger's name, or a stranger's redirect, must not choose a service behind our own firewall. The
name is resolved here, each address is looked at, and the address that was looked at is the one
that is connected to: a second look-up could answer otherwise (DNS rebinding).
Sources: IANA's registries of special-purpose addresses (RFC 6890) and names (RFC 6761, 6762, 8375,
9476), RFC 6052 (IPv4 inside IPv6), RFC 4291 and IANA's registry of IPv6 address space: what is in
public use is 2000::/3. The table is our own: the interpreter's changes with its version.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import httpcore
from httpcore import SOCKET_OPTION

from scanner.errors import SourceRejectedError

VARIABLE: Final = "SCANNER_INSIDE_HOSTS"
"""Environment variable: further host names, by comma, that stand inside and may be asked."""

_NAT64: Final = ip_network("64:ff9b::/96")
_PUBLIC: Final = ip_network("2000::/3")
_INSIDE_4: Final = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
_INSIDE_6: Final = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
"""Of what is public: IETF's own assignments (tunnels, benchmarks), and documentation."""
_INSIDE_NAMES: Final = ("localhost", "local", "internal", "lan", "intranet", "home.arpa", "test")


def is_inside(address: str) -> bool:
    """Whether an IP address is not one of the public internet: loopback, private, link-local, ..

    Also when an IPv6 address carries such an IPv4 one. Raises ValueError for what is no address.
    """
    found = ip_address(address.partition("%")[0])
    carried = _carried(found) if isinstance(found, IPv6Address) else None
    if carried is not None:
        return is_inside(str(carried))
    if isinstance(found, IPv6Address):
        return found not in _PUBLIC or any(found in net for net in _INSIDE_6)
    return any(found in net for net in _INSIDE_4)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def is_written_inside(host: str, environment: Mapping[str, str] | None = None) -> bool:
    """Whether a host as somebody wrote it says that it stands inside.

    An address, a name without dots or of a special-use domain, or a name of SCANNER_INSIDE_HOSTS.
    """
    name = host.strip("[]").rstrip(".").lower()
    try:
        return is_inside(name)
    except ValueError:
        pass
    env = os.environ if environment is None else environment
    named = {part.strip().rstrip(".").lower() for part in env.get(VARIABLE, "").split(",")}
    return (
        "." not in name
        or name in named
        or any(name.endswith("." + domain) for domain in _INSIDE_NAMES)
    )


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to addresses that were looked at. name: the endpoint's, for messages.

    inside: whether addresses inside may be connected to.
    """

    def __init__(self, name: str, inside: bool) -> None:
        self._name, self._inside = name, inside
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, look, connect: the first address that answers, in the resolver's order.

        Raises SourceRejectedError where only addresses inside are left, httpcore.ConnectError.
        """
        failure: Exception = httpcore.ConnectError("no address")
        for address in checked_addresses(self._name, host, port, self._inside):
            try:
                return self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as e:
                failure = e
        raise failure


def connected(name: str, host: str, port: int, inside: bool, timeout: float) -> socket.socket:
    """A plain connection to an address that was looked at; see `CheckedBackend`.

    Raises SourceRejectedError where only addresses inside are left, OSError.
    """
    failure: OSError = socket.gaierror(socket.EAI_NONAME, "its name is not known")
    with suppress(httpcore.ConnectError):
        for address in checked_addresses(name, host, port, inside):
            try:
                return socket.create_connection((address, port), timeout)
            except OSError as e:
                failure = e
    raise failure


def checked_addresses(name: str, host: str, port: int, inside: bool) -> list[str]:
    """The addresses of a host that may be connected to, in the resolver's order, none twice.

    Raises SourceRejectedError if none is left, httpcore.ConnectError for a name nobody knows.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as e:
        raise httpcore.ConnectError("its name is not known") from e
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    usable = [a for a in addresses if inside or not is_inside(a)]
    if addresses and not usable:
        raise SourceRejectedError(
            name,
            "its name resolves to an address inside this network: if you mean that, give the "
            f"address itself, or name the host in {VARIABLE}",
        )
    return usable
