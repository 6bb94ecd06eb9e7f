"""What is printed for a window: its QR as PNG and SVG, an A4 sheet, and everything in one archive."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import segno
from markupsafe import Markup

from pingyi.channels import Text
from pingyi.services.spreadsheets.writing.csv_files import csv_for_people
from pingyi_surveys.templating import environment

QUIET_MODULES: Final = 4
PIXELS_PER_MODULE: Final = 20
_STAMP: Final = (1980, 1, 1, 0, 0, 0)
_HEADINGS: Final = ("单位代码 Unit", "单位 Name", "窗口 Window", "自助机 Kiosk", "网址 Address", "文件 Files")


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """One code and what stands around it; `window` is "" where it is the unit's own, `name` the files'."""

    site: Text
    unit_code: str
    unit: str
    name: str
    window: str = ""
    kiosk: bool = False
    address: str = ""
    demonstration: bool = False


def drawn(address: str) -> segno.QRCode:
    """The address as a QR code; it can still be read where a quarter of it is worn off."""
    return segno.make_qr(address, error="q", boost_error=False)


def png(address: str) -> bytes:
    """The code as PNG, large enough to be printed."""
    out = io.BytesIO()
    drawn(address).save(out, kind="png", scale=PIXELS_PER_MODULE, border=QUIET_MODULES)
    return out.getvalue()


def svg(address: str) -> bytes:
    """The code as SVG, of any size."""
    out = io.BytesIO()
    drawn(address).save(out, kind="svg", border=QUIET_MODULES, omitsize=True)
    return out.getvalue()


def sheet(poster: Poster) -> str:
    """An A4 page that needs no other file, whose style `style_digest` lets through."""
    picture = Markup(  # noqa: S704 - segno draws squares; the address is not in it as text
        drawn(poster.address).svg_inline(border=QUIET_MODULES, omitsize=True, svgclass="qr", lineclass=None)
    )
    template = environment().get_template("posters/sheet.html")
    return template.render(poster=poster, picture=picture, style=Markup(_style()))  # noqa: S704 - our own file


@cache
def style_digest() -> str:
    """The sheet's own style as a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode("ascii")


def packed(posters: Iterable[Poster]) -> bytes:
    """All posters in one ZIP, each in three files, with a list of them: the same bytes for the same codes."""
    out = io.BytesIO()
    listed = list(posters)
    with zipfile.ZipFile(out, "w") as file:
        _add(file, "index.csv", _index(listed))
        for poster in listed:
            _add(file, f"{poster.name}.png", png(poster.address))
            _add(file, f"{poster.name}.svg", svg(poster.address))
            _add(file, f"{poster.name}.html", sheet(poster).encode())
    return out.getvalue()


def _add(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    file.writestr(zipfile.ZipInfo(name, date_time=_STAMP), content)


def _index(posters: Iterable[Poster]) -> bytes:
    return csv_for_people([_HEADINGS, *map(_line, posters)])


def _line(one: Poster) -> tuple[str, ...]:
    kiosk = "是 yes" if one.kiosk else "否 no"
    return one.unit_code, one.unit, one.window, kiosk, one.address, one.name


def _style() -> str:
    return (files("pingyi_surveys") / "static" / "poster.css").read_text(encoding="utf-8")
