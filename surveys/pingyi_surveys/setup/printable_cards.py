"""Cards and visit codes on paper: eight slips on a sheet of A4, with cut lines and without names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import segno
from markupsafe import Markup

from pingyi_surveys.ballot.card_codes import grouped
from pingyi_surveys.templating import environment

PER_PAGE: Final = 8


def render_slips(addresses: Sequence[str], *, visit: bool, heading: str) -> str:
    """The sheets for addresses that end in the card; `heading` tells the slips of one list from another's."""
    slips = [(address, grouped(address.rpartition("/")[2]), _picture(address)) for address in addresses]
    sheets = [slips[at : at + PER_PAGE] for at in range(0, len(slips), PER_PAGE)]
    return environment().get_template("slips.html").render(sheets=sheets, visit=visit, heading=heading)


def _picture(address: str) -> Markup:
    drawn = segno.make_qr(address, error="m").svg_inline(lineclass=None, omitsize=True, border=0)
    return Markup(drawn)  # noqa: S704 - segno draws squares; the address is not in it as text
