"""Lists of cards as they come to the server, from the shell, a page or the API."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found
from pingyi_surveys.setup.boxes import Kind
from pingyi_surveys.setup.card_hashes import HASH_BYTES, commit_cards


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
    found = connection.execute(
        text("SELECT kind FROM ballot_box WHERE channel_id = :id"), {"id": working.id}
    ).scalar_one_or_none()
    if found != kind:
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
    for kept in connection.execute(text("SELECT hashes FROM card_list")).scalars():
        if any(bytes(kept[at : at + HASH_BYTES]) in given for at in range(0, len(kept), HASH_BYTES)):
            raise Problem("cards_known", 409, _KNOWN)


_KNOWN = Text(
    zh="清单中有已经登记过的票卡，没有重复登记。",
    en="Cards of this list are registered already; nothing was registered again.",
)


def _unit_id(connection: Connection, working: BoundChannel, code: str) -> int:
    found: int | None = connection.execute(
        text(
            "SELECT u.id FROM period_unit p JOIN unit u ON u.id = p.unit_id"
            " WHERE p.period_id = :period AND u.code = :code"
        ),
        {"period": working.period_id, "code": code},
    ).scalar_one_or_none()
    if found is None:
        raise not_found(zh=f"本周期的单位“{code}”", en=f"Unit {code} of this period")
    return found
