"""Which hosts people outside reach, however they are written."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingyi.domain.public_hosts import is_public_host, is_site

INSIDE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")
INSIDE_6 = ("::1/128", "fc00::/7", "fe80::/10")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "pingyi",
        "pingyi.local",
        "pingyi.localhost",
        "router.home.arpa",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0.0.0.0",
        "１２７.0.0.1",
        "::ffff:10.0.0.1",
        "[::1]",
        "fe80::1%eth0",
        "224.0.0.1",
        "999.1.1.1",
        "a..example.org",
        "",
    ],
)
def test_a_host_that_only_we_reach_is_not_public(host: str) -> None:
    assert not is_public_host(host)


@given(st.one_of(*(st.ip_addresses(network=network) for network in (*INSIDE, *INSIDE_6))))
def test_no_address_of_a_private_network_is_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assert not is_public_host(str(address))


@given(st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_a_private_address_written_as_one_number_is_none_either(address: ipaddress.IPv4Address) -> None:
    assert not is_public_host(str(int(address)))
    assert not is_public_host(f"::ffff:{address}")


@pytest.mark.parametrize(
    "host", ["pingyi.example.org", "评议.政务.cn", "8.8.8.8", "2001:4860:4860::8888", "local.example.org"]
)
def test_a_host_of_the_internet_is_public(host: str) -> None:
    assert is_public_host(host)


@pytest.mark.parametrize("address", ["https://host", "http://10.0.0.1:8000/", "https://[2001:db8::1]:443"])
def test_the_address_of_a_server_is_one(address: str) -> None:
    assert is_site(address)
