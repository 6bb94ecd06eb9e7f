"""Draws by lot: root = SHA-256(rule and pool), in the record before the source was known;
seed = SHA-256(root, value); ticket = SHA-256(seed, id); in each stratum the smallest tickets are drawn.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from pingyi_verifier.folder.canonical_json import canonical, same
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import UnfitError


def check_draw(report: Report, name: str, draw: Mapping[str, Any], leaves: Sequence[Sequence[bytes]]) -> None:
    """The pool is the one that was committed, and the members drawn follow from the source's value."""
    rule, pool = draw["rule"], sorted([member["id"], member["stratum"]] for member in draw["pool"])
    stated = {key: rule[key] for key in ("size", "alternates", "source", "quotas")}
    root = hashlib.sha256(canonical({"rule": stated, "pool": pool})).digest()
    committed = f"- {draw['leaf']}".encode()
    if len({member for member, _ in pool}) != len(pool) or root.hex() != draw["root"]:
        raise UnfitError(
            zh=f"{name}：名册或规则与登记的根不符。",
            en=f"{name}: pool or rule are not those of the root that was committed.",
        )
    if not any(committed in lines for lines in leaves):
        raise UnfitError(
            zh=f"{name}：记录中没有这次抽签的登记。",
            en=f"{name}: the record holds no commitment of this draw.",
        )
    if draw["value"] is None:
        report.note(
            zh=f"{name}：名册已登记，尚未抽签。", en=f"{name}: the pool is committed, nothing is drawn yet."
        )
        return
    value = " ".join(unicodedata.normalize("NFKC", draw["value"]).split())
    seed = hashlib.sha256(root + value.encode()).digest()
    places = places_of(rule, pool, seed)
    if (
        draw["seed"] != seed.hex()
        or not same(draw["places"], places)
        or not substitutes_fit(places, draw["substitutes"])
    ):
        raise UnfitError(
            zh=f"{name}：抽签结果不是由名册和公开数值得出的。",
            en=f"{name}: what was drawn does not follow from the pool and the source's value.",
        )
    drawn = sum(place["lot"] == "drawn" for place in places)
    report.ok(
        zh=f"抽签：{name} 从 {len(pool)} 人中抽取 {drawn} 人，重抽结果相同。",
        en=f"Draw: {name}, {drawn} of {len(pool)}, comes out the same when it is drawn again.",
    )


def places_of(rule: Mapping[str, Any], pool: Sequence[Sequence[str]], seed: bytes) -> list[dict[str, Any]]:
    """Every member by stratum and ticket, and what became of it."""
    strata: dict[str, list[tuple[str, str]]] = {}
    for member, stratum in pool:
        ticket = hashlib.sha256(seed + member.encode()).hexdigest()
        strata.setdefault(stratum, []).append((ticket, member))
    sizes = {stratum: len(members) for stratum, members in strata.items()}
    quotas = shared_out(rule["size"], sizes) if rule["quotas"] is None else rule["quotas"]
    left = {stratum: size - quotas.get(stratum, 0) for stratum, size in sizes.items()}
    spare = shared_out(min(rule["alternates"], sum(left.values())), left)
    places = []
    for stratum in sorted(strata):
        quota = quotas.get(stratum, 0)
        for place, (ticket, member) in enumerate(sorted(strata[stratum]), 1):
            lot = (
                "drawn" if place <= quota else "alternate" if place <= quota + spare[stratum] else "not_drawn"
            )
            places.append({"id": member, "stratum": stratum, "ticket": ticket, "place": place, "lot": lot})
    return places


def shared_out(number: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """A number split by sizes: largest remainder first, then the larger, then by name."""
    total = sum(sizes.values()) or 1
    shares = {name: number * size // total for name, size in sizes.items()}
    order = sorted(sizes, key=lambda name: (-(number * sizes[name] % total), -sizes[name], name))
    for name in order[: number - sum(shares.values())]:
        shares[name] += 1
    return shares


def substitutes_fit(places: Sequence[Mapping[str, Any]], substitutes: Sequence[Mapping[str, str]]) -> bool:
    """Only members who serve were replaced, each by the next alternate of the same stratum."""
    stratum = {place["id"]: place["stratum"] for place in places}
    waiting: dict[str, list[str]] = {}
    for place in places:
        if place["lot"] == "alternate":
            waiting.setdefault(place["stratum"], []).append(place["id"])
    taken = [one["member"] for one in substitutes]
    serving = {place["id"] for place in places if place["lot"] == "drawn"} | set(taken)
    replaced = [one["replaced"] for one in substitutes]
    used = {name: [member for member in taken if stratum[member] == name] for name in waiting}
    return (
        len(set(replaced)) == len(replaced) == sum(map(len, used.values()))
        and set(replaced) <= serving
        and all(stratum[one["replaced"]] == stratum[one["member"]] for one in substitutes)
        and all(sorted(used[name]) == sorted(waiting[name][: len(used[name])]) for name in waiting)
    )
