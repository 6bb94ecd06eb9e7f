"""Codes as people print them: the address in the picture is the one in words, and it leads to a ballot."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from xml.etree import ElementTree as ET

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from tests.ballot_period import OPEN, ROSTER, ballot_period, unit_id
from tests.configured import configured
from tests.conftest import superuser_url

from pingyi.db import transaction
from pingyi.embedded.engines import Endpoints
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi_surveys.setup.posters import PIXELS_PER_MODULE, QUIET_MODULES
from pingyi_surveys.setup.service_windows import put_windows, read_lines
from pingyi_surveys.setup.window_codes import read_code

PAGE = f"/office/periods/p/ballots/{OPEN}/codes"
HOST = {"base_url": "https://pingyi.example"}
Matrix = list[list[int]]


@pytest.fixture
def windows(app: Flask) -> None:
    """Two windows of u1, one of them a kiosk, and one of u2."""
    ballot_period(("市公安局", '="坏<b>名字', "市供电公司"))
    with transaction() as connection:
        lines = read_lines("u1,3 号窗口\nu1,自助机,是\nu2,综合窗口")
        put_windows(connection, SHELL, bound_channel(connection, ChannelRef(period="p", channel=OPEN)), lines)


def addresses(client: FlaskClient, office: dict[str, str]) -> list[str]:
    shown = client.get(PAGE, headers=office, **HOST).text
    return re.findall(r'<span class="reference">(https://pingyi\.example/s/[\w-]+)</span>', shown)


def expected(address: str) -> Matrix:
    return [list(map(int, row)) for row in segno.make_qr(address, error="q", boost_error=False).matrix]


def pixels(png: bytes) -> Matrix:
    """The modules of a PNG of one bit a pixel, as segno writes it: 1 is dark."""
    width, depth = int.from_bytes(png[16:20], "big"), png[24]
    assert depth == 1
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        data += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += 12 + length
    raw, line = zlib.decompress(data), (width + 7) // 8 + 1
    rows = [bytearray(raw[start : start + line]) for start in range(0, len(raw), line)]
    for above, row in zip([bytes(line), *rows], rows, strict=False):
        assert row[0] in {0, 2}, "each line as it is, or as its difference to the one above"
        if row[0] == 2:
            row[1:] = bytes((one + other) % 256 for one, other in zip(row[1:], above[1:], strict=True))
    modules = width // PIXELS_PER_MODULE
    middle = PIXELS_PER_MODULE // 2
    bits = [
        [rows[y * PIXELS_PER_MODULE + middle][1 + x // 8] >> 7 - x % 8 & 1 for x in range(width)]
        for y in range(modules)
    ]
    quiet = slice(QUIET_MODULES, modules - QUIET_MODULES)
    return [[1 - row[x * PIXELS_PER_MODULE + middle] for x in range(modules)[quiet]] for row in bits[quiet]]


def drawn_lines(path: str, size: int) -> Matrix:
    """The modules of segno's one path: horizontal strokes, half a module below the edge."""
    found = [[0] * size for _ in range(size)]
    x, y = 0.0, 0.0
    for step, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", path):
        if step == "M":
            x, y = float(first), float(second)
        elif step == "m":
            x, y = x + float(first), y + float(second)
        else:
            for column in range(int(x), int(x) + int(first)):
                found[int(y) - QUIET_MODULES][column - QUIET_MODULES] = 1
            x += float(first)
    return found


@pytest.mark.usefixtures("windows")
def test_every_unit_and_window_has_a_code_that_leads_to_it(
    client: FlaskClient, office: dict[str, str], app: Flask
) -> None:
    found = addresses(client, office)
    secret = app.config["SECRET_KEY"]
    codes = [read_code(secret, address.rpartition("/")[2]) for address in found]
    ids = [unit_id(f"u{n}") for n in (1, 1, 1, 2, 2, 3)]
    assert [code.unit_id for code in codes] == ids
    assert [bool(code.window_id) for code in codes] == [False, True, True, False, True, False]
    assert len({code.channel_id for code in codes}) == 1
    assert len(set(codes)) == 6
    for address in found:
        assert client.get(address.removeprefix("https://pingyi.example"), **HOST).status_code == 200


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("asked", ["http://127.0.0.1:8000", "http://pingyi", "https://192.168.3.4"])
def test_no_code_is_printed_for_an_address_that_only_we_reach(
    client: FlaskClient, office: dict[str, str], asked: str
) -> None:
    code = addresses(client, office)[0].rpartition("/")[2]
    page = client.get(PAGE, headers=office, base_url=asked)
    assert page.status_code == 200
    assert f"现在打开的网址 {asked} 只有本机或内网能访问" in page.text
    assert "PINGYI_PUBLIC_ADDRESS" in page.text and "PINGYI_PRIVATE_ADDRESSES=allowed" in page.text
    assert "市公安局" in page.text and "/s/" not in page.text and ".zip" not in page.text
    for path in (f"{PAGE}.zip", *(f"{PAGE}/{code}.{kind}" for kind in ("png", "svg", "html"))):
        refused = client.get(path, headers=office, base_url=asked)
        assert (refused.status_code, refused.mimetype) == (409, "text/html")
        assert "PINGYI_PUBLIC_ADDRESS" in refused.text


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("told", "printed"),
    [
        ({"public_address": "https://public.example"}, "https://public.example/s/"),
        ({"private_addresses": "allowed"}, "http://10.0.0.8/s/"),
        ({"private_addresses": "allowed", "public_address": "http://pingyi:81"}, "http://pingyi:81/s/"),
    ],
)
def test_codes_carry_the_address_that_is_set(
    client: FlaskClient, office: dict[str, str], app: Flask, told: dict[str, str], printed: str
) -> None:
    with configured(app, **told):
        packed = client.get(f"{PAGE}.zip", headers=office, base_url="http://10.0.0.8").data
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        rows = list(csv.DictReader(io.StringIO(file.read("index.csv").decode("utf-8-sig"))))
    assert len(rows) == 6
    assert all(row["网址 Address"].startswith(printed) for row in rows)


@pytest.mark.usefixtures("windows")
def test_a_public_address_that_is_private_is_told_as_such(
    client: FlaskClient, office: dict[str, str], app: Flask
) -> None:
    with configured(app, public_address="http://10.0.0.8"):
        page = client.get(PAGE, headers=office, **HOST).text
    assert "PINGYI_PUBLIC_ADDRESS 所设的 http://10.0.0.8 只有本机或内网能访问" in page


@pytest.mark.usefixtures("windows")
def test_a_demonstration_prints_its_codes_on_any_host(
    client: FlaskClient, office: dict[str, str], app: Flask, endpoints: Endpoints
) -> None:
    with create_engine(superuser_url(endpoints), poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("UPDATE period SET demonstration = true")
    page = client.get(PAGE, headers=office, base_url="http://127.0.0.1:8000").text
    assert page.count("http://127.0.0.1:8000/s/") == 6 and ".zip" in page


@pytest.mark.usefixtures("windows")
def test_png_and_svg_hold_the_address(client: FlaskClient, office: dict[str, str]) -> None:
    address = addresses(client, office)[1]
    code = address.rpartition("/")[2]
    png = client.get(f"{PAGE}/{code}.png", headers=office, **HOST)
    assert png.mimetype == "image/png"
    assert pixels(png.data) == expected(address)
    svg = client.get(f"{PAGE}/{code}.svg", headers=office, **HOST)
    assert svg.mimetype == "image/svg+xml"
    root = ET.fromstring(svg.data)
    path = next(node.attrib["d"] for node in root.iter() if "stroke" in node.attrib and "d" in node.attrib)
    assert drawn_lines(path, len(expected(address))) == expected(address)


@pytest.mark.usefixtures("windows")
def test_the_a4_sheet_says_what_to_do_and_needs_nothing_else(
    client: FlaskClient, office: dict[str, str]
) -> None:
    _, plain, kiosk, bad = addresses(client, office)[:4]
    sheet = client.get(f"{PAGE}/{plain.rpartition('/')[2]}.html", headers=office, **HOST)
    assert plain in sheet.text and "市公安局" in sheet.text and "3 号窗口" in sheet.text
    assert "请用微信扫一扫" in sheet.text and "Scan to rate" in sheet.text
    assert "@page { size: A4" in sheet.text
    assert "<script" not in sheet.text and "src=" not in sheet.text
    policy = sheet.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    other = client.get(f"{PAGE}/{kiosk.rpartition('/')[2]}.html", headers=office, **HOST).text
    assert "请在这台设备上为我们打分" in other
    named = client.get(f"{PAGE}/{bad.rpartition('/')[2]}.html", headers=office, **HOST).text
    assert "坏&lt;b&gt;名字" in named


@pytest.mark.usefixtures("windows")
def test_the_archive_has_every_code_three_times_and_the_same_bytes_again(
    client: FlaskClient, office: dict[str, str]
) -> None:
    first = client.get(f"{PAGE}.zip", headers=office, **HOST)
    assert first.data == client.get(f"{PAGE}.zip", headers=office, **HOST).data
    with zipfile.ZipFile(io.BytesIO(first.data)) as packed:
        names = packed.namelist()
        rows = list(csv.DictReader(io.StringIO(packed.read("index.csv").decode("utf-8-sig"))))
        assert [row["网址 Address"] for row in rows] == addresses(client, office)
        assert names == [
            "index.csv",
            *(f"{row['文件 Files']}.{kind}" for row in rows for kind in ("png", "svg", "html")),
        ]
        for row in rows:
            assert pixels(packed.read(f"{row['文件 Files']}.png")) == expected(row["网址 Address"])
            assert row["网址 Address"] in packed.read(f"{row['文件 Files']}.html").decode()
    assert [row["自助机 Kiosk"] for row in rows] == [*["否 no"] * 2, "是 yes", *["否 no"] * 3]
    assert rows[3]["单位 Name"] == "'=\"坏<b>名字", "no formula in a spreadsheet"
    assert "attachment" in first.headers["Content-Disposition"]


@pytest.mark.usefixtures("windows")
def test_a_code_of_another_channel_or_nobody_has_no_poster(
    client: FlaskClient, office: dict[str, str], app: Flask
) -> None:
    code = addresses(client, office)[0].rpartition("/")[2]
    assert client.get(f"{PAGE}/{code[:-1]}.png", headers=office).status_code == 404
    assert client.get(f"/office/periods/p/ballots/{ROSTER}/codes", headers=office).status_code == 404
    assert (
        client.get(f"/office/periods/p/ballots/{ROSTER}/codes/{code}.png", headers=office).status_code == 404
    )
    assert client.get("/office/periods/x/ballots/y/codes", headers=office).status_code == 404
    assert client.get(f"{PAGE}/{code}.png").status_code in {303, 401}
