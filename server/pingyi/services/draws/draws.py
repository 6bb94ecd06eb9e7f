"""Draws by lot: the pool is committed, a public source decides, substitutes follow with reasons."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from pingyi.channels import Text
from pingyi.domain.draw import (
    Drawn,
    Lot,
    Member,
    Rule,
    check_pool,
    draw,
    normalised,
    pool_root,
    quotas_of,
    seed_of,
)
from pingyi.domain.errors import Problem
from pingyi.ledger.leaves import commitment, record
from pingyi.models import Draw, DrawOutcome, DrawSubstitution
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found

_OF_KEY = Draw.key == bindparam("draw")
_ID = select(Draw.id).where(_OF_KEY)
_POOL = select(Draw.pool).where(_OF_KEY)
_LINES = select(
    Draw.key,
    Draw.title,
    Draw.rule,
    func.json_array_length(Draw.pool).label("members"),
    Draw.root,
    Draw.due_on,
    Draw.committed_at,
    Draw.leaf,
    DrawOutcome.value,
    DrawOutcome.drawn_at,
).outerjoin(DrawOutcome, DrawOutcome.draw_id == Draw.id)
_LINE, _ALL_LINES = _LINES.where(_OF_KEY), _LINES.order_by(Draw.id.desc())
_SUBSTITUTES = (
    select(DrawSubstitution.replaced, DrawSubstitution.member, DrawSubstitution.reason)
    .join(Draw, Draw.id == DrawSubstitution.draw_id)
    .where(_OF_KEY)
    .order_by(DrawSubstitution.made_at, DrawSubstitution.replaced)
)
_COMMIT = insert(Draw)
_ENTER = (
    insert(DrawOutcome)
    .values(draw_id=_ID.scalar_subquery())
    .on_conflict_do_nothing()
    .returning(DrawOutcome.draw_id)
)
_SUBSTITUTE = (
    insert(DrawSubstitution)
    .values(draw_id=_ID.scalar_subquery())
    .on_conflict_do_nothing()
    .returning(DrawSubstitution.draw_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawDraft:
    """A draw to be committed; `due_on`: the day on which the source's value becomes known."""

    key: str
    title: str
    rule: Rule
    pool: Sequence[Member]
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawLine:
    """A draw as a list shows it; `value` is None until it has been drawn."""

    key: str
    title: str
    rule: Rule
    members: int
    root: bytes
    due_on: date
    committed_at: datetime
    leaf: bytes
    value: str | None
    drawn_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawRecord:
    """A draw with all that it came to.

    `shares`: how many of each stratum are drawn, and kept as alternates; `substitutes`: replaced id ->
    (alternate, reason).
    """

    line: DrawLine
    pool: Sequence[Member]
    strata: Mapping[str, int]
    shares: tuple[Mapping[str, int], Mapping[str, int]]
    seed: bytes | None = None
    places: Sequence[Drawn] = ()
    substitutes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def of_lot(self, lot: Lot) -> list[Drawn]:
        """The members with this lot, by stratum and place."""
        return [one for one in self.places if one.lot is lot]

    @property
    def listed(self) -> list[Drawn]:
        """Those drawn, then their alternates."""
        return [*self.of_lot(Lot.DRAWN), *self.of_lot(Lot.ALTERNATE)]


def commit_draw(connection: Connection, caller: Caller, draft: DrawDraft, today: date) -> bytes:
    """Record a pool and its rule before the source is known; returns the root.

    Raises Problem: draw_invalid, draw_exists, draw_too_late (the source would be known today already: a
    root must have left the house a day before, or someone could try pools until one fits).
    """
    check_pool(draft.rule, draft.pool)
    if draft.due_on <= today:
        raise Problem("draw_too_late", 422, _TOO_LATE)
    if connection.execute(_ID, {"draw": draft.key}).first():
        message = Text(zh="已有抽签“{key}”。", en="There is a draw {key} already.").format(key=draft.key)
        raise Problem("draw_exists", 409, message)
    root = pool_root(draft.rule, draft.pool)
    content = {
        "draw": draft.key,
        "root": root.hex(),
        "members": len(draft.pool),
        "size": draft.rule.size,
        "alternates": draft.rule.alternates,
        "source": draft.rule.source,
        "due_on": draft.due_on,
        "by": caller.name,
    }
    leaf = record(connection, "draw.committed", content)
    sealed = {"root": root, "committed_by": caller.name, "leaf": leaf}
    connection.execute(_COMMIT, {**_columns(draft), **sealed})
    return root


def _columns(draft: DrawDraft) -> dict[str, Any]:
    return {
        "key": draft.key,
        "title": draft.title,
        "rule": draft.rule,
        "pool": sorted([member.id, member.stratum] for member in draft.pool),
        "due_on": draft.due_on,
    }


def enter_value(connection: Connection, caller: Caller, key: str, value: str, today: date) -> None:
    """Record the source's value, once, from its day on; the members drawn follow from it.

    Raises Problem: not_found, draw_too_early, draw_done, value_missing.
    """
    line = find_draw(connection, key)
    if today < line.due_on:
        raise Problem("draw_too_early", 409, _TOO_EARLY.format(due_on=line.due_on))
    if not normalised(value):
        raise Problem("value_missing", 422, _NO_VALUE)
    outcome = {"draw": key, "value": normalised(value), "drawn_by": caller.name}
    if connection.execute(_ENTER, outcome).first() is None:
        raise Problem("draw_done", 409, _DONE)
    content = {"draw": key, "value": normalised(value), "by": caller.name}
    record(connection, "draw.drawn", {**content, "seed": seed_of(line.root, value).hex()})


def substitute(connection: Connection, caller: Caller, key: str, replaced: str, reason: str) -> str:
    """Put the next alternate of the same stratum in the place of a member; returns the alternate's id.

    Raises Problem: not_found, not_drawn, replaced_already, no_alternate, conflict.
    """
    found = load_draw(connection, key)
    taken = {member for member, _ in found.substitutes.values()}
    serving = {one.member.id: one.member for one in found.places if one.lot is Lot.DRAWN} | {
        one.member.id: one.member for one in found.places if one.member.id in taken
    }
    if replaced not in serving:
        raise Problem("not_drawn", 409, _NOT_DRAWN.format(id=replaced))
    if replaced in found.substitutes:
        raise Problem("replaced_already", 409, _REPLACED.format(id=replaced))
    stratum = serving[replaced].stratum
    free = [
        one.member.id
        for one in found.of_lot(Lot.ALTERNATE)
        if one.member.stratum == stratum and one.member.id not in taken
    ]
    if not free:
        raise Problem("no_alternate", 409, _NO_ALTERNATE)
    salt = secrets.token_bytes(16)
    change = {"draw": key, "replaced": replaced, "member": free[0]}
    private = {"reason": reason, "salt": salt}
    if connection.execute(_SUBSTITUTE, {**change, **private, "made_by": caller.name}).first() is None:
        raise Problem("conflict", 409, _OVERTAKEN)
    commitments = {"reason": commitment(salt, reason)}
    record(connection, "draw.substituted", {**change, "by": caller.name, "commitments": commitments})
    return free[0]


def list_draws(connection: Connection) -> list[DrawLine]:
    """All draws, newest first."""
    return list(map(_line, connection.execute(_ALL_LINES)))


def find_draw(connection: Connection, key: str) -> DrawLine:
    """One draw; Problem not_found otherwise."""
    row = connection.execute(_LINE, {"draw": key}).one_or_none()
    if row is None:
        raise not_found(zh=f"抽签“{key}”", en=f"Draw {key}")
    return _line(row)


def load_draw(connection: Connection, key: str) -> DrawRecord:
    """One draw with its pool and, once the value is known, everybody's ticket; Problem not_found."""
    line = find_draw(connection, key)
    pool = [Member(*member) for member in connection.execute(_POOL, {"draw": key}).scalar_one()]
    strata = dict(sorted(Counter(member.stratum for member in pool).items()))
    shares = quotas_of(line.rule, pool)
    if line.value is None:
        return DrawRecord(line=line, pool=pool, strata=strata, shares=shares)
    substitutions = connection.execute(_SUBSTITUTES, {"draw": key})
    return DrawRecord(
        line=line,
        pool=pool,
        strata=strata,
        shares=shares,
        seed=seed_of(line.root, line.value),
        places=draw(line.rule, pool, line.value),
        substitutes={row.replaced: (row.member, row.reason) for row in substitutions},
    )


def local_today() -> date:
    """Today by the clock of the evaluation."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def _line(row: Any) -> DrawLine:
    return DrawLine(
        key=row.key,
        title=row.title,
        rule=Rule(**row.rule),
        members=row.members,
        root=row.root,
        due_on=row.due_on,
        committed_at=row.committed_at,
        leaf=row.leaf,
        value=row.value,
        drawn_at=row.drawn_at,
    )


_TOO_LATE = Text(
    zh="随机来源的公布日须在今天之后：名册须先登记并对外留存，之后才能揭晓。",
    en="The source must become known after today: the pool is recorded and published first.",
)
_TOO_EARLY = Text(
    zh="随机来源到 {due_on} 才公布，之前不能登记结果。",
    en="The source becomes known on {due_on}; its value cannot be entered before.",
)
_NO_VALUE = Text(zh="请填写公布的数值。", en="Enter the value that was made public.")
_DONE = Text(zh="本次抽签已有结果，不能更改。", en="This draw is done and cannot be changed.")
_NOT_DRAWN = Text(zh="“{id}”不在抽中名单内。", en="{id} is not among those drawn.")
_REPLACED = Text(zh="“{id}”已被替换。", en="{id} was replaced already.")
_OVERTAKEN = Text(
    zh="另一人刚刚作了替换，请刷新后重试。", en="Somebody else has just replaced a member; look again."
)
_NO_ALTERNATE = Text(zh="该层已没有候补人选。", en="This stratum has no alternate left.")
