"""The pages of a ballot as HTML: the form, with or without what was typed, and the receipt."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import segno
from markupsafe import Markup

from pingyi.channels import Text
from pingyi.domain.errors import FieldError
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER
from pingyi_surveys.casting.ballot_pages import COMMENT, LANGUAGE, STEP, BallotPage, Filled
from pingyi_surveys.casting.qr import qr_codes
from pingyi_surveys.templating import environment

OPEN_NOTICE: Final = Text(
    zh="匿名评议，约 1 分钟，不用登录。同一部手机只计第一次，单位看不到是谁评的。",
    en="Anonymous, about a minute, no login. The first rating from a phone counts; the unit cannot see"
    " whose it is.",
)
ROSTER_NOTICE: Final = Text(
    zh="不记名测评，可随时保存，稍后接着填；提交以后不能修改，谁也看不到您的选择。",
    en="A secret ballot. Save and go on whenever you like; once submitted it cannot be changed, and nobody"
    " can see what you chose.",
)
DEMONSTRATION: Final = Text(zh="演示：不是真实的评议", en="Demonstration: not a real evaluation")
_STYLESHEET: Final = "ballot.css"
_SHORT_CODE: Final = "0000-0000-00"
_SHORT: Final = re.compile("[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}")
_CROCKFORD: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageProgress:
    """Where in a roster's ballot this page stands, counted from 1, and how much is filled in so far."""

    page: int
    pages: int
    answered: int
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around the questions.

    `action`: the address that takes the form; `style`: the stylesheet's. `hidden`: fields sent along (the
    page's nonce). `title`: the heading of a roster's ballot; an open ballot is headed by its unit. `window`:
    where the code was scanned. `label`: a banner, for rehearsals. `progress`: on rosters. `about`: the
    address of the page that says how a ballot is kept secret and what that does not cover. `alert`: why the
    page is shown again though nothing in it is wrong.
    """

    site: Text
    period: Text
    action: str
    style: str
    hidden: Mapping[str, str] = field(default_factory=dict)
    title: Text | None = None
    window: str = ""
    notice: Text = OPEN_NOTICE
    label: Text | None = None
    progress: PageProgress | None = None
    about: str = ""
    alert: Text | None = None


Standing = Literal["received", "already", "duplicate"]
"""A new ballot; the answer to a page or card used before; a new one from a device that rated before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPage:
    """`digest`: SHA-256 of the sealed ballot in hexadecimal; `look_up`: the whole address that finds it.

    `fresh`: the address of a new page for the next person, "" where there is none; `promise`: the signed
    promise, shown as it is.
    """

    digest: str
    look_up: str
    standing: Standing = "received"
    fresh: str = ""
    promise: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage:
    """A page that tells something; `links`: addresses with their words; `send`: the words of a button that
    posts the frame's hidden fields to its action.
    """

    title: Text
    told: tuple[Text, ...]
    links: tuple[tuple[str, Text], ...] = ()
    send: Text | None = None


def stylesheet() -> bytes:
    """The only file that the pages ask for."""
    return (files("pingyi_surveys") / "static" / _STYLESHEET).read_bytes()


@cache
def stylesheet_version() -> str:
    """A word for the stylesheet's address that changes with its content, so that it may be kept for ever."""
    return hashlib.sha256(stylesheet()).hexdigest()[:12]


def render_form(sheet: BallotPage, frame: Frame, language: str, filled: Filled | None = None) -> str:
    """The page that asks; with `filled` what was chosen and typed is in place, each error beside its field.

    Raises ValueError where a ballot without a title does not rate exactly one unit.
    """
    if frame.title is None and len(sheet.units()) != 1:
        raise ValueError("only a ballot with a title may rate several units")
    filled = filled or Filled(answers=(NO_ANSWER,) * len(sheet.questions()))
    return _page(
        "form.html",
        frame,
        language,
        sheet=sheet,
        asked=sheet.questionnaire,
        chosen=dict(zip((question.number for question in sheet.questions()), filled.answers, strict=True)),
        comment=sheet.questionnaire.comment if sheet.comment else None,
        typed=filled.comment,
        errors={error.pointer.removeprefix("/"): error for error in filled.errors},
        titles=_titles(sheet, filled.errors),
        only_open=all(error.code == "not_answered" for error in filled.errors),
        total=len(sheet.questionnaire.dimensions),
        names={"comment": COMMENT, "language": LANGUAGE, "step": STEP},
    )


def render_receipt(receipt: ReceiptPage, frame: Frame, language: str) -> str:
    """The page that says that a ballot was taken in: its code, as a picture too, and never its content."""
    return _page(
        "receipt.html",
        frame,
        language,
        receipt=receipt,
        code=short_code(receipt.digest),
        picture=_picture(receipt.look_up),
    )


def render_refusal(title: Text, message: Text, frame: Frame, language: str) -> str:
    """The page that says why there is no ballot to fill in, or why one was not taken."""
    return _page("refusal.html", frame, language, title=title, message=message)


def render_notice(notice: NoticePage, frame: Frame, language: str) -> str:
    """A page that tells something, in the looks of the ballot."""
    return _page("notice.html", frame, language, notice=notice)


def short_code(digest: str) -> str:
    """The first 50 bits of a digest as ten characters that nobody mixes up, in groups: "7K4M-2QXD-91"."""
    letters = base64.b32encode(bytes.fromhex(digest)).translate(_CROCKFORD)[:10].decode("ascii")
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def _titles(sheet: BallotPage, errors: tuple[FieldError, ...]) -> list[tuple[str, Text]]:
    """The name and the words of every field with an error, in the order of the page."""
    wrong = {error.pointer.removeprefix("/") for error in errors}
    several = len(sheet.units()) > 1
    found = [
        (question.name, _title_of(unit.name if several else "", question.words.title, len(unit.questions)))
        for unit in sheet.units()
        for question in unit.questions
        if question.name in wrong
    ]
    if COMMENT in wrong and sheet.questionnaire.comment:
        found.append((COMMENT, sheet.questionnaire.comment.title))
    return found


def _title_of(unit: str, words: Text, dimensions: int) -> Text:
    if not unit:
        return words
    if dimensions == 1:
        return Text(zh=unit, en=unit)
    return Text(zh=f"{unit}：{words.zh}", en=f"{unit}: {words.en}")


def _picture(address: str) -> Markup:
    start, end = address[: -len(_SHORT_CODE)], address[-len(_SHORT_CODE) :]
    if _SHORT.fullmatch(end):
        return qr_codes(start, _SHORT_CODE).svg(end)
    # Every mask can be read; to try all eight for the fairest pattern costs five times as much as the rest.
    code = segno.make_qr(address, error="m", mask=2, boost_error=False)
    drawn = code.svg_inline(svgclass="qr", lineclass=None, omitsize=True, border=0)
    return Markup(drawn)  # noqa: S704 - segno draws squares; the address is not in it as text


def _page(template: str, frame: Frame, language: str, **values: Any) -> str:
    english = language == "en"

    def say(text: Text) -> str:
        return text.get(language)

    def either(zh: str, en: str) -> str:
        return en if english else zh

    return (
        environment()
        .get_template(template)
        .render(
            frame=frame,
            say=say,
            t=either,
            tag="en" if english else "zh-Hans",
            other="zh" if english else "en",
            english=english,
            **values,
        )
    )
