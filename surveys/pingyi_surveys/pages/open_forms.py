"""The form of an open ballot as HTML: rendered once per code and language, then only given its nonce."""

from __future__ import annotations

import secrets
import time
from typing import Final, NamedTuple

from flask import current_app

from pingyi.channels import Text
from pingyi_surveys.ballot.page_nonce import new_nonce
from pingyi_surveys.casting.ballot_addresses import BallotAddress
from pingyi_surveys.casting.ballot_pages import BallotPage, Filled, QuestionGroup
from pingyi_surveys.casting.page_html import DEMONSTRATION, OPEN_NOTICE, Frame, render_form
from pingyi_surveys.pages.assets import style_address

EXTENSION: Final = "pingyi_surveys.forms"
MOST_KEPT: Final = 1024
NONCE: Final = "nonce"
TONGUE: Final = "in"
ABOUT: Final = "/about-ballots"
KIOSK_NOTICE: Final = Text(
    zh="匿名评议，约 1 分钟，不用登录。单位看不到是谁评的；评完请交给下一位。",
    en="Anonymous, about a minute, no login; the unit cannot see who rated. Please leave the device to the"
    " next person when you are done.",
)
VISIT_NOTICE: Final = Text(
    zh="凭办件码匿名评议，约 1 分钟，不用登录。每个办件码只计一次，单位看不到是谁评的。",
    en="Anonymous, by your visit code, about a minute, no login. Each code counts once; the unit cannot see"
    " whose it is.",
)


class RenderedForm(NamedTuple):
    """A form without anything filled in, around its nonce."""

    place: BallotAddress
    sheet: BallotPage
    before: bytes
    after: bytes

    def fresh(self) -> bytes:
        """The page with a nonce of its own."""
        return b"".join((self.before, fresh_nonce(self.place).encode("ascii"), self.after))


def form_of(place: BallotAddress, language: str) -> RenderedForm:
    """The form of a place, kept from the last time where nothing has changed since."""
    kept: dict[tuple[str, str], RenderedForm] = current_app.extensions.setdefault(EXTENSION, {})
    found = kept.get((place.address, language))
    if found is None or found.place.box is not place.box or found.place.window != place.window:
        found = _render(place, language)
        if place.visit:
            return found
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[place.address, language] = found
    return found


def form_before(address: str, language: str) -> RenderedForm | None:
    """The form that was last shown at an address, for when nothing can be asked of the database."""
    kept: dict[tuple[str, str], RenderedForm] = current_app.extensions.get(EXTENSION, {})
    return kept.get((address, language))


def shown_again(
    form: RenderedForm, language: str, filled: Filled, nonce: str, alert: Text | None = None
) -> str:
    """The form with everything that was chosen and typed in its place."""
    return render_form(form.sheet, frame_of(form.place, language, nonce, alert), language, filled)


def fresh_nonce(place: BallotAddress) -> str:
    """A nonce for a page of this place that is shown now."""
    return new_nonce(place.box.keys.nullifier, place.bound, int(time.time()))


def frame_of(place: BallotAddress, language: str, nonce: str, alert: Text | None = None) -> Frame:
    """What stands around the questions, and around the receipt."""
    box = place.box
    return Frame(
        site=box.scheme_title,
        period=Text(zh=box.period, en=box.period),
        action=place.address,
        style=style_address(),
        hidden={NONCE: nonce, TONGUE: language},
        window=place.window,
        notice=VISIT_NOTICE if place.visit else KIOSK_NOTICE if place.kiosk else OPEN_NOTICE,
        label=DEMONSTRATION if box.demonstration else None,
        about=ABOUT,
        alert=alert,
    )


def _render(place: BallotAddress, language: str) -> RenderedForm:
    unit = place.unit
    group = QuestionGroup(category=unit.category, title=unit.title, units=(unit.name,))
    sheet = BallotPage(questionnaire=place.box.questionnaire, groups=(group,))
    mark = secrets.token_hex(16)
    page = render_form(sheet, frame_of(place, language, mark), language)
    before, _, after = page.partition(mark)
    return RenderedForm(place, sheet, before.encode(), after.encode())
