"""Lists of cards as they come to the server, from the shell, a page or the API."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found
from pingyi_surveys.models import CardList
from pingyi_surveys.setup.boxes import Kind
from pingyi_surveys.setup.card_hashes import commit_cards, hashes_of
from pingyi_surveys.setup.queries import box_kind, unit_of_code

_ALL_LISTS = select(CardList.hashes)


def register_cards(
    connection: Connection,
    caller: Caller,
    period: str,
    channel: str,
    hashes: Sequence[bytes],
    *,
    stratum: str = "",
    unit: str = "",
) -> str:
    """Commit a roster's cards or, with the code of a `unit`, its visit codes; the digest of the list in hex.

    Raises Problem not_found, no_such_box, stratum_unknown, cards_known, and those of `commit_cards`.
    """
    working = bound_channel(connection, ChannelRef(period=period, channel=channel))
    _refuse_known(connection, hashes)
    if unit:
        _require_box(connection, working, "open")
        return commit_cards(
            connection,
            caller,
            working,
            hashes,
            purpose="visit",
            unit_id=_unit_id(connection, working, unit),
            unit_code=unit,
        )
    _require_box(connection, working, "roster")
    strata = working.context.settings.get("strata") or {}
    if strata and stratum not in strata:
        raise Problem("stratum_unknown", 422, _STRATUM.format(strata=", ".join(strata)))
    return commit_cards(connection, caller, working, hashes, stratum=stratum)


_STRATUM = Text(
    zh="此渠道的票卡要分人群，人群须是：{strata}。", en="Cards of this channel are of a stratum: {strata}."
)


def _require_box(connection: Connection, working: BoundChannel, kind: Kind) -> None:
    if box_kind(connection, working.id) != kind:
        raise Problem("no_such_box", 409, _NO_ROSTER if kind == "roster" else _NO_OPEN)


_NO_ROSTER = Text(
    zh="此渠道没有设为名册票箱，不能登记票卡。", en="This channel is no roster's box: it takes no cards."
)
_NO_OPEN = Text(
    zh="此渠道没有设为扫码票箱，不能登记办件码。", en="This channel is no open box: it takes no visit codes."
)


def _refuse_known(connection: Connection, hashes: Sequence[bytes]) -> None:
    """A card belongs to one list only, of whatever channel and period."""
    given = set(hashes)
    for stored in connection.execute(_ALL_LISTS).scalars():
        if not given.isdisjoint(hashes_of(stored)):
            raise Problem("cards_known", 409, _KNOWN)


_KNOWN = Text(
    zh="清单中有已经登记过的票卡，没有重复登记。",
    en="Cards of this list are registered already; nothing was registered again.",
)


def _unit_id(connection: Connection, working: BoundChannel, code: str) -> int:
    unit = unit_of_code(connection, working.period_id, code)
    if unit is None:
        raise not_found(zh=f"本周期的单位“{code}”", en=f"Unit {code} of this period")
    return unit.id
