"""Draws by lot: the pool is committed, a public source decides, substitutes follow with reasons."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, text

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
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found


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
    if connection.execute(text("SELECT 1 FROM draw WHERE key = :key"), {"key": draft.key}).first():
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
    connection.execute(text(_COMMIT), {**_columns(draft), "root": root, "by": caller.name, "leaf": leaf})
    return root


def _columns(draft: DrawDraft) -> dict[str, Any]:
    pool = sorted([member.id, member.stratum] for member in draft.pool)
    return {
        "key": draft.key,
        "title": draft.title,
        "rule": msgspec.json.encode(draft.rule).decode(),
        "pool": msgspec.json.encode(pool).decode(),
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
    stored = connection.execute(
        text(
            "INSERT INTO draw_outcome (draw_id, value, drawn_by)"
            " SELECT id, :value, :by FROM draw WHERE key = :key ON CONFLICT DO NOTHING"
        ),
        {"key": key, "value": normalised(value), "by": caller.name},
    ).rowcount
    if not stored:
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
    given = {"replaced": replaced, "member": free[0], "by": caller.name}
    stored = connection.execute(text(_SUBSTITUTE), {**given, "key": key, "reason": reason, "salt": salt})
    if not stored.rowcount:
        raise Problem("conflict", 409, _OVERTAKEN)
    content = {**given, "draw": key, "commitments": {"reason": commitment(salt, reason)}}
    record(connection, "draw.substituted", content)
    return free[0]


def list_draws(connection: Connection) -> list[DrawLine]:
    """All draws, newest first."""
    return [_line(row) for row in connection.execute(text(f"{_LINES} ORDER BY d.id DESC"))]


def find_draw(connection: Connection, key: str) -> DrawLine:
    """One draw; Problem not_found otherwise."""
    row = connection.execute(text(f"{_LINES} WHERE d.key = :key"), {"key": key}).one_or_none()
    if row is None:
        raise not_found(zh=f"抽签“{key}”", en=f"Draw {key}")
    return _line(row)


def load_draw(connection: Connection, key: str) -> DrawRecord:
    """One draw with its pool and, once the value is known, everybody's ticket; Problem not_found."""
    line = find_draw(connection, key)
    stored = connection.execute(text("SELECT pool FROM draw WHERE key = :key"), {"key": key}).scalar_one()
    pool = [Member(*member) for member in stored]
    strata = dict(sorted(Counter(member.stratum for member in pool).items()))
    shares = quotas_of(line.rule, pool)
    if line.value is None:
        return DrawRecord(line=line, pool=pool, strata=strata, shares=shares)
    rows = connection.execute(
        text(
            "SELECT s.replaced, s.member, s.reason FROM draw_substitution s"
            " JOIN draw d ON d.id = s.draw_id WHERE d.key = :key ORDER BY s.made_at, s.replaced"
        ),
        {"key": key},
    )
    return DrawRecord(
        line=line,
        pool=pool,
        strata=strata,
        shares=shares,
        seed=seed_of(line.root, line.value),
        places=draw(line.rule, pool, line.value),
        substitutes={row.replaced: (row.member, row.reason) for row in rows},
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


_COMMIT = """
INSERT INTO draw (key, title, rule, pool, root, due_on, committed_by, leaf)
VALUES (:key, :title, CAST(:rule AS json), CAST(:pool AS json), :root, :due_on, :by, :leaf)
"""
_SUBSTITUTE = """
INSERT INTO draw_substitution (draw_id, replaced, member, reason, salt, made_by)
SELECT id, :replaced, :member, :reason, :salt, :by FROM draw WHERE key = :key
ON CONFLICT DO NOTHING
"""
_LINES = """
SELECT d.key, d.title, d.rule, json_array_length(d.pool) AS members, d.root, d.due_on, d.committed_at, d.leaf,
  o.value, o.drawn_at
FROM draw d LEFT JOIN draw_outcome o ON o.draw_id = d.id
"""
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
