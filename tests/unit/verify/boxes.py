"""A made-up period with two ballot boxes as a public bundle, every step of which a test may change first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask
from tests.ballot_period import OPEN, ROSTER, THREE, settings_for
from tests.small_scheme import channel, scheme_of
from tests.unit.verify.making import (
    Counters,
    Maker,
    Standing,
    entries_csv,
    finish,
    record_particulars,
    snapshot,
    spelt,
    summed,
    tallied,
)

from pingyi.channels import Context, Period
from pingyi.registry import EXTENSION, Registry, load_context, load_registry
from pingyi.services.bundles.bundles import read_bundle
from pingyi_surveys.ballot.layout import Layout
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER, OpenedBallot
from pingyi_surveys.ballot.tally import Opening, Result, Terms, settle
from pingyi_surveys.ballot.tally_cells import Tallied
from pingyi_surveys.ballot.thresholds import Rules
from pingyi_surveys.questionnaires.questionnaire import parse_questionnaire, ready_questionnaire

KEY = "box-2026"
UNITS = ("u1", "u2", "u3")
CARDS = 20
SEAL: dict[str, Any] = {"kind": "SEAL"}
Step = dict[str, Any]
Change = Callable[[list[Step]], object]


def layout_of(questionnaire: str, key: str, **more: Any) -> Layout:
    asked = parse_questionnaire(ready_questionnaire(questionnaire))
    return Layout(
        channel=key,
        units=UNITS,
        dimensions=tuple(one.key for one in asked.dimensions),
        options=tuple(one.key for one in asked.options),
        scored=asked.scored,
        **more,
    )


def poll() -> Layout:
    return layout_of("conduct-five-levels", OPEN, strata=("window", "visit", "kiosk"))


def roster() -> Layout:
    return layout_of("roster-three-levels", ROSTER, strata=("",), every_unit=True)


def ballot(
    layout: Layout, number: int, unit: str, answer: int, mark: str = "", stratum: str = ""
) -> OpenedBallot:
    """A ballot with one answer everywhere; `mark` is the reason for which it will be held."""
    nullifier = hashlib.sha256(f"{layout.channel} {number}".encode()).digest()
    answers = (answer,) * layout.questions
    return OpenedBallot(unit, stratum, 0, answers, 0, mark.encode(), b"", False, False, nullifier)


def open_results() -> list[Result]:
    """68 ballots: u1 30 and 12 of one device, u2 11 and a crowd of 10, u3 five; and one that was moved."""
    layout = poll()
    made: list[OpenedBallot] = []
    for unit, times, mark in (
        ("u1", 30, ""),
        ("u1", 12, "R1"),
        ("u2", 11, ""),
        ("u2", 10, "R4"),
        ("u3", 5, ""),
    ):
        for _ in range(times):
            number = len(made)
            stratum = ("window", "visit")[number % 3 == 0] if unit == "u1" and not mark else "window"
            made.append(ballot(layout, number, unit, number % 4, mark, stratum))
    results = [Result(at, one.unit, one, "") for at, one in enumerate(made)]
    return [*results, Result(len(made), "u2", None, "moved")]


def roster_results() -> list[Result]:
    made = [ballot(roster(), number, "", (0, 1, 2, 0, 3, NO_ANSWER)[number % 6]) for number in range(18)]
    return [Result(at, "", one, "") for at, one in enumerate(made)]


def openings() -> dict[str, Opening]:
    by_mark = lambda ballots: [one.device.decode() for one in ballots]  # noqa: E731
    return {
        OPEN: settle(open_results(), poll(), Terms(last_day=9, size=1 << 40), by_mark),
        ROSTER: settle(roster_results(), roster(), Terms(last_day=9, size=1 << 40, cards={"": CARDS})),
    }


def story() -> list[Step]:
    """Everything that happens, in its order: leaves without nonce and period, and when heads are signed."""
    found = openings()
    steps: list[Step] = [
        {"kind": "cards.committed", **card_list(CARDS)},
        {
            "kind": "ballots.prepared",
            "by": "shell",
            "kept": "file",
            "boxes": [frozen(poll()), frozen(roster())],
        },
        {"kind": "period.open", "from": "draft", "to": "open", "by": "shell"},
    ]
    for key, opening in found.items():
        sealed = sum(number.count for number in opening.numbers)
        steps += ({"kind": "ballot", "channel": key, "ballot": digest(key, n)} for n in range(sealed))
    steps += [
        SEAL,
        {"kind": "period.closed", "from": "open", "to": "closed", "by": "shell"},
        SEAL,
        {"kind": "ballots.secret_destroyed", "by": "shell", "what": "period_secret"},
    ]
    for delivery, (key, opening) in enumerate(found.items(), 1):
        steps += opened(key, opening, delivery)
    steps += (
        dict(step, kind="MOVE", standing="held")
        for step in (
            {"channel": OPEN, "unit": "u1", "reason": "R1"},
            {"channel": OPEN, "unit": "u2", "reason": "R4"},
        )
    )
    steps += [SEAL, *review("u1", "R1", 12, release=False)]
    return steps


def digest(*words: object) -> str:
    return hashlib.sha256(repr(words).encode()).hexdigest()


def card_list(cards: int) -> Step:
    given = {"channel": ROSTER, "purpose": "card", "stratum": "", "unit": "", "by": "issuer"}
    return {**given, "cards": cards, "digest": digest(cards)}


def frozen(layout: Layout) -> dict[str, Any]:
    return {
        "channel": layout.channel,
        "kind": "roster" if layout.every_unit else "open",
        "questionnaire": "0" * 64,
        "layout": {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(layout).items()},
        "rules": Rules().document(),
        "cards": {"": CARDS} if layout.every_unit else None,
        "batch": "box",
    }


def opened(key: str, opening: Opening, delivery: int) -> Iterator[Step]:
    totals = {name: opening.total(name) for name in ("counted", "held", "rejected")}
    yield {
        "kind": "box.opened",
        "channel": key,
        "by": "shell",
        "sealed": sum(totals.values()),
        **totals,
        "cards": CARDS if key == ROSTER else None,
        "numbers": [[one.unit, one.standing, one.reason, one.count] for one in opening.numbers],
        "digest": hashlib.sha256(opening.canonical()).hexdigest(),
        "delivery": delivery,
    }
    issued = Tallied("", "box", "", "", "issued", CARDS)
    for position, one in enumerate((*opening.entries, *([issued] if key == ROSTER else []))):
        named = ("unit", "batch", "stratum", "dimension", "option", "count")
        values = {name: getattr(one, name) for name in named if getattr(one, name) != ""}
        place = {"delivery": delivery, "position": position, "by": "shell", "commitments": {}}
        yield {
            "kind": "entry",
            "channel": key,
            **place,
            "standing": "counted",
            "values": values,
            "replaces": None,
        }


def review(unit: str, reason: str, ballots: int, *, release: bool) -> Iterator[Step]:
    """Two people decide on a held cell; "MOVE" stands for the dispositions of its entries."""
    cell = {"channel": OPEN, "unit": unit, "reason": reason}
    for by in ("reviewer 1", "reviewer 2"):
        yield {"kind": "cell.reviewed", **cell, "by": by, "commitments": {"grounds": "00" * 32}}
    yield {"kind": "cell.decided", **cell, "release": release, "ballots": ballots}
    yield {"kind": "MOVE", **cell, "standing": "counted" if release else "rejected"}


def box_bundle(folder: Path, change: Change = len) -> Maker:
    """The story as a bundle; `change` sees its steps first. Counters and results follow from what is left."""
    source = write_source(folder)
    registry = load_registry()
    app = Flask(__name__)
    app.extensions[EXTENSION] = registry
    with app.app_context():
        bundle = read_bundle(source)
    maker = Maker(KEY)
    maker.foreign_leaf()
    maker.leaf("period.drafted", by="a")
    record_particulars(maker, bundle)
    steps = story()
    change(steps)
    contexts = {
        plan.key: load_context(
            registry.channel(plan.plugin),
            plan.settings,
            Period(starts_on=bundle.draft.starts_on, ends_on=bundle.draft.ends_on),
            {},
        )
        for plan in bundle.scheme.channels
    }
    standing = play(maker, steps, registry, contexts)
    counters: Counters = {key: summed(entries) for key, entries in standing.items()}
    for key, entries in standing.items():
        maker.files[f"entries/{key}.csv"] = entries_csv(entries, registry.channel(key))
    maker.snapshot = snapshot(bundle, counters)
    finish(maker, registry, source)
    return maker


def play(
    maker: Maker, steps: Iterable[Step], registry: Registry, contexts: Mapping[str, Context]
) -> dict[str, dict[str, Standing]]:
    """Write the leaves; returns what stands of each channel."""
    head = ""
    standing: dict[str, dict[str, Standing]] = {}
    for step in steps:
        kind, content = step["kind"], {name: value for name, value in step.items() if name != "kind"}
        if kind == "SEAL":
            head = maker.seal()
        elif kind == "ballot":
            maker.log.append(spelt({**step, "period": maker.period}))
        elif kind == "MOVE":
            move(maker, content, standing[content["channel"]])
        elif kind == "box.opened":
            size = int(head.split(" ")[1])
            maker.leaf(kind, **{"head": head, "epoch": 1, "size": size, **content})
        else:
            leaf = maker.leaf(kind, **content)
            if kind == "entry":
                key, values = content["channel"], content["values"]
                counts = tallied(registry.channel(key), contexts[key], values)
                place = f"{content['delivery']} {content['position']}"
                standing.setdefault(key, {})[place] = Standing(leaf, values, *counts, content["standing"])
    return standing


def move(maker: Maker, cell: Mapping[str, Any], entries: Mapping[str, Standing]) -> None:
    batch = f"box.{cell['reason']}" if cell["reason"] else "box"
    chosen = [
        one
        for one in entries.values()
        if (one.values.get("unit"), one.values["batch"]) == (cell["unit"], batch)
    ]
    for position, one in enumerate(chosen[: cell.get("most")]):
        one.standing = cell["standing"]
        one.leaf = maker.leaf(
            "disposition",
            channel=cell["channel"],
            delivery=100 + len(maker.log),
            position=position,
            by="reviewer",
            standing=cell["standing"],
            commitments={"reason": "00" * 32},
            replaces=one.leaf,
        )


def write_source(folder: Path) -> Path:
    """The plain files of the period, as they are before anything is delivered."""
    folder.mkdir(parents=True)
    five = ready_questionnaire("conduct-five-levels")
    document = scheme_of(
        channel(OPEN, "扫码评议", "60", settings_for(five), operator="评议办", plugin=OPEN),
        channel(ROSTER, "代表测评", "40", THREE, operator="人大", plugin=ROSTER),
        min_coverage="0",
    )
    units = "".join(f"{code},市第{n}局,departments\n" for n, code in enumerate(UNITS, 1))
    days = f"starts_on = {date(2026, 3, 1)}\nends_on = {date(2026, 3, 31)}\n"
    (folder / "scheme.toml").write_text(document, encoding="utf-8")
    (folder / "units.csv").write_text(f"code,name,category\n{units}", encoding="utf-8")
    (folder / "period.toml").write_text(f'key = "{KEY}"\n{days}', encoding="utf-8")
    return folder


def of_kind(steps: Sequence[Step], kind: str, channel: str = OPEN) -> list[Step]:
    """The steps of a kind, those of one channel where they have one."""
    return [step for step in steps if step["kind"] == kind and step.get("channel", channel) == channel]
