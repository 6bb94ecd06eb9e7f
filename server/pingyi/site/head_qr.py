"""QR codes of heads: whoever keeps one keeps the head, and can look it up here."""

from __future__ import annotations

import io

import segno
from flask import url_for
from markupsafe import Markup

from pingyi.web.public_root import public_root

QUIET_MODULES = 2


def head_code(line: str) -> Markup:
    """The code as SVG, sized by the stylesheet."""
    out = io.BytesIO()
    _code(line).save(
        out, kind="svg", border=QUIET_MODULES, xmldecl=False, nl=False, omitsize=True, svgclass="code"
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - segno's own markup; the address is drawn, not written


def head_picture(line: str) -> bytes:
    """The code as PNG, for documents."""
    out = io.BytesIO()
    _code(line).save(out, kind="png", scale=4, border=QUIET_MODULES)
    return out.getvalue()


def _code(line: str) -> segno.QRCode:
    return segno.make(public_root() + url_for("site.check", head=line), error="m")
