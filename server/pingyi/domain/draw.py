"""Draws by lot that anyone can repeat: k of N by strata, decided by a public source named beforehand.

After RFC 3797, without its MD5 and modulo: the pool and the rule have one SHA-256 (the root), recorded before
the source is known; seed = SHA-256(root, value of the source); a member's ticket = SHA-256(seed, id). In each
stratum the smallest tickets are drawn, the following ones are the alternates, in order.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pingyi.channels import Text
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import FieldError, Problem


class Lot(StrEnum):
    """What became of a member."""

    DRAWN = "drawn"
    ALTERNATE = "alternate"
    NOT_DRAWN = "not_drawn"


@dataclass(frozen=True, slots=True)
class Member:
    """One of the pool: a pseudonymous id and the stratum, "" where there are none."""

    id: str
    stratum: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How many are drawn and kept as alternates, and the public source that will decide.

    `quotas`: how many of each stratum; without them the strata share by their sizes, largest remainder first.
    """

    size: int
    source: str
    alternates: int = 0
    quotas: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A member with its ticket (64 hexadecimal digits) and its place in its stratum, from 1."""

    member: Member
    ticket: str
    place: int
    lot: Lot


def pool_root(rule: Rule, pool: Iterable[Member]) -> bytes:
    """SHA-256 of rule and pool in canonical JSON; the order of the pool does not matter."""
    stated = {"size": rule.size, "alternates": rule.alternates, "source": rule.source, "quotas": rule.quotas}
    members = sorted([member.id, member.stratum] for member in pool)
    return hashlib.sha256(canonical_json({"rule": stated, "pool": members})).digest()


def normalised(value: str) -> str:
    """A source's value in one spelling: NFKC, white space as single spaces, none at the ends."""
    return " ".join(unicodedata.normalize("NFKC", value).split())


def seed_of(root: bytes, value: str) -> bytes:
    """SHA-256 of the root's 32 bytes and the normalised value in UTF-8."""
    return hashlib.sha256(root + normalised(value).encode()).digest()


def ticket_of(seed: bytes, member_id: str) -> str:
    """SHA-256 of the seed's 32 bytes and the id in UTF-8, in hexadecimal."""
    return hashlib.sha256(seed + member_id.encode()).hexdigest()


def shares(number: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Split `number` by sizes: largest remainder (Hamilton), ties to the larger, then to the first by name.

    No stratum is given more than its size; `number` may not exceed the sum of the sizes.
    """
    total = sum(sizes.values())
    found = {name: number * size // total if total else 0 for name, size in sizes.items()}
    rests = sorted(sizes, key=lambda name: (-(number * sizes[name] % total), -sizes[name], name))
    for name in rests[: number - sum(found.values())]:
        found[name] += 1
    return found


def draw(rule: Rule, pool: Sequence[Member], value: str) -> list[Drawn]:
    """All members by stratum and ticket, each with its lot; see `check_pool` for what is refused."""
    check_pool(rule, pool)
    seed = seed_of(pool_root(rule, pool), value)
    strata: dict[str, list[tuple[str, Member]]] = {}
    for member in pool:
        strata.setdefault(member.stratum, []).append((ticket_of(seed, member.id), member))
    quotas, alternates = quotas_of(rule, pool)
    found = []
    for name in sorted(strata):
        tickets = sorted(strata[name], key=lambda one: (one[0], one[1].id))
        for place, (ticket, member) in enumerate(tickets, 1):
            found.append(Drawn(member, ticket, place, _lot(place, quotas.get(name, 0), alternates[name])))
    return found


def quotas_of(rule: Rule, pool: Iterable[Member]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """How many of each stratum are drawn, and how many alternates each keeps (shared by what is left)."""
    sizes = Counter(member.stratum for member in pool)
    quotas = shares(rule.size, sizes) if rule.quotas is None else rule.quotas
    left = {name: size - quotas.get(name, 0) for name, size in sizes.items()}
    return quotas, shares(min(rule.alternates, sum(left.values())), left)


def _lot(place: int, quota: int, alternates: int) -> Lot:
    if place <= quota:
        return Lot.DRAWN
    return Lot.ALTERNATE if place <= quota + alternates else Lot.NOT_DRAWN


def check_pool(rule: Rule, pool: Sequence[Member]) -> None:
    """Problem draw_invalid, with every fault: no id, an id twice, quotas that cannot be met, no source."""
    errors = [*_member_faults(pool), *_rule_faults(rule, pool)]
    if errors:
        message = Text(
            zh="抽签名册或规则有 {n} 处错误，未登记任何内容。",
            en="The pool or the rule has {n} faults; nothing was recorded.",
        )
        raise Problem("draw_invalid", 422, message.format(n=len(errors)), errors)


def _member_faults(pool: Sequence[Member]) -> Iterable[FieldError]:
    first: dict[str, int] = {}
    for row, member in enumerate(pool, 1):
        earlier = first.setdefault(member.id, row)
        if not member.id:
            message = Text(zh="编号不能为空。", en="The id is missing.")
        elif earlier != row:
            message = Text(zh="编号与第 {row} 行重复。", en="The same id as in row {row}.").format(
                row=earlier
            )
        else:
            continue
        yield FieldError(code="member_invalid", message=message, pointer=f"/pool/{row - 1}/id", column="id")


def _rule_faults(rule: Rule, pool: Sequence[Member]) -> Iterable[FieldError]:
    sizes = Counter(member.stratum for member in pool)
    if not normalised(rule.source):
        message = Text(zh="须写明将公布的随机来源。", en="Name the public source that will decide.")
        yield FieldError(code="source_missing", message=message, pointer="/source")
    if not 0 < rule.size <= len(pool):
        message = Text(
            zh="抽取人数须在 1 与名册人数（{n}）之间。", en="Draw between 1 and the size of the pool ({n})."
        )
        yield FieldError(code="size_invalid", message=message.format(n=len(pool)), pointer="/size")
    if rule.quotas is None:
        return
    if sum(rule.quotas.values()) != rule.size:
        message = Text(
            zh="各层名额之和须等于抽取人数。", en="The quotas must add up to the size of the draw."
        )
        yield FieldError(code="quotas_invalid", message=message, pointer="/quotas")
    for name, quota in rule.quotas.items():
        if not 0 <= quota <= sizes[name]:
            message = Text(
                zh="“{name}”层只有 {n} 人，不能抽 {quota} 人。",
                en="Stratum {name} has {n} members; {quota} cannot be drawn.",
            )
            told = message.format(name=name, n=sizes[name], quota=quota)
            yield FieldError(code="quotas_invalid", message=told, pointer=f"/quotas/{name}")
