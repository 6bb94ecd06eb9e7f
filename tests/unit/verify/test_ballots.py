"""Ballots in a public bundle: what outsiders can check of them, each way of cheating said in plain words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.ballot_period import OPEN, ROSTER
from tests.unit.verify.boxes import (
    KEY,
    SEAL,
    Change,
    Step,
    box_bundle,
    card_list,
    digest,
    of_kind,
    openings,
    review,
)
from tests.unit.verify.making import digest_of, spelt

from pingyi.ledger.cosignatures import cosign, cosigner_key
from pingyi_surveys.ballot.tally_cells import Number

Check = Callable[..., Any]


def checked(tmp_path: Path, check: Check, change: Change = len, **more: Any) -> Any:
    return check(box_bundle(tmp_path / "source", change).write(tmp_path / "b"), **more)


def test_a_period_with_ballots_passes_and_says_how_they_add_up(tmp_path: Path, check: Check) -> None:
    folder = box_bundle(tmp_path / "source").write(tmp_path / "b")
    done = check(folder)
    assert done.status == 0, done.said
    assert "mobile_qr, 69 sealed in the record = 46 counted + 22 held + 1 rejected" in done.said
    assert "deputies, 18 sealed in the record = 18 counted + 0 held + 0 rejected" in done.said
    assert "thresholds burst 20, surge 2, surge_least 30, margin 1/4" in done.said
    assert "选票：渠道 mobile_qr" in check(folder, lang="zh").said


def test_a_period_without_ballots_says_nothing_of_them(written: Path, check: Check) -> None:
    assert "sealed" not in check(written).said


def first(steps: list[Step], kind: str, channel: str = OPEN) -> Step:
    return of_kind(steps, kind, channel)[0]


def shift(steps: list[Step], kind: str, before: str, channel: str = OPEN) -> None:
    """Have the first step of a kind happen before the first of another."""
    step = first(steps, kind, channel)
    steps.remove(step)
    steps.insert(steps.index(first(steps, before)), step)


def more_of(steps: list[Step], kind: str, channel: str = OPEN, **given: Any) -> None:
    first(steps, kind, channel).update(given)


def number(steps: list[Step], unit: str, standing: str, by: int, channel: str = OPEN) -> None:
    """Tell of more ballots of a unit than there were, with sums that fit."""
    told = first(steps, "box.opened", channel)
    next(row for row in told["numbers"] if row[:2] == [unit, standing])[3] += by
    told[standing] += by
    told["sealed"] += by


def entry(steps: list[Step], by: int, channel: str = OPEN) -> None:
    values = next(s for s in of_kind(steps, "entry", channel) if s["values"].get("unit") == "u1")["values"]
    values["count"] += by


def entry_of(steps: list[Step]) -> Step:
    return next(step for step in of_kind(steps, "entry") if step["values"].get("stratum") == "window")


def late(steps: list[Step]) -> None:
    steps.insert(
        steps.index(first(steps, "box.opened")), {**first(steps, "ballot"), "ballot": digest("late")}
    )


def unsealed(steps: list[Step]) -> None:
    """The box is opened under the last head before the closing."""
    del steps[steps.index(first(steps, "period.closed")) + 1]


def again(steps: list[Step]) -> None:
    """The period is opened and closed once more, and the box opened a second time."""
    steps += [
        {"kind": "period.open", "by": "a", "approved_by": "b"},
        {"kind": "period.closed", "by": "a"},
        SEAL,
    ]
    steps.append({**first(steps, "box.opened"), "delivery": 9})


def unheld(steps: list[Step]) -> None:
    """Somebody throws out counted entries as if a review had decided so."""
    steps.append({"kind": "MOVE", "channel": OPEN, "unit": "u2", "reason": "", "standing": "rejected"})


def shown_small(steps: list[Step]) -> None:
    """Five ballots of a unit are shown by option."""
    for step in of_kind(steps, "entry"):
        if step["values"].get("unit") == "u3":
            step["values"]["option"] = "very_satisfied"


def second_reviewer(steps: list[Step]) -> None:
    of_kind(steps, "cell.reviewed")[1]["by"] = "reviewer 1"


def redigested(told: Step) -> str:
    """The digest of an opening with the numbers that are told now."""
    opening = openings()[told["channel"]]._replace(numbers=tuple(Number(*row) for row in told["numbers"]))
    return hashlib.sha256(opening.canonical()).hexdigest()


def undecided(steps: list[Step]) -> None:
    steps.remove(first(steps, "cell.decided"))


def half_moved(steps: list[Step]) -> None:
    of_kind(steps, "MOVE")[-1]["most"] = 3


def never_held(steps: list[Step]) -> None:
    steps.remove(of_kind(steps, "MOVE")[1])


def issued(steps: list[Step]) -> None:
    of_kind(steps, "entry", ROSTER)[-1]["values"]["count"] = 30


def beside(steps: list[Step]) -> None:
    """An entry is corrected after it came out of the box."""
    right = first(steps, "entry")
    steps.append({**right, "delivery": 77, "values": {**right["values"], "batch": "poll"}})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda s: s.remove(first(s, "ballot")),
            "holds 68 sealed ballots before the closing, the opening told",
        ),
        (
            lambda s: s.append({**first(s, "ballot"), "ballot": digest("more")}),
            "1 ballots of channel mobile_qr came after",
        ),
        (late, "1 ballots of channel mobile_qr came after the period had closed"),
        (lambda s: s.insert(9, dict(first(s, "ballot"))), "1 ballots of channel mobile_qr stand twice"),
        (
            lambda s: s.insert(0, {**first(s, "ballot"), "ballot": digest(1, 2)}),
            "came before the boxes were prepared",
        ),
        (lambda s: first(s, "ballot").update(channel="window"), "1 ballots of window, which has no box"),
        (
            lambda s: first(s, "ballot").update(ballot="00"),
            "makes no sense (ValueError: not the digest of a sealed",
        ),
        (lambda s: first(s, "ballot").update(unit="u1"), "makes no sense (ValueError: not a sealed ballot"),
        (lambda s: more_of(s, "box.opened", rejected=0), "the ballots do not add up: 69 sealed"),
        (lambda s: more_of(s, "box.opened", counted=47, held=21), "the ballots do not add up: 69 sealed"),
        (lambda s: number(s, "u1", "counted", 1), "the options add up to 30, the ballots are 31"),
        (lambda s: number(s, "", "counted", 1, ROSTER), "19 ballots were returned, the entries say 18"),
        (lambda s: entry(s, 1), "the options add up to 31, the ballots are 30"),
        (lambda s: entry(s, -1, ROSTER), "the options add up to 17, the ballots are 18"),
        (lambda s: s.remove(of_kind(s, "entry")[-1]), "the options add up to"),
        (lambda s: shift(s, "box.opened", "period.closed"), "was opened before the period had closed"),
        (
            unsealed,
            "does not cover the closing, or is later than the opening",
        ),
        (lambda s: more_of(s, "box.opened", size=5), "names a head and another epoch or size"),
        (lambda s: more_of(s, "box.opened", head="x 5 " + "A" * 43 + "="), "is not of this record"),
        (
            lambda s: s.remove(first(s, "ballots.secret_destroyed")),
            "secret was destroyed before the first box",
        ),
        (
            lambda s: shift(s, "ballots.secret_destroyed", "period.closed"),
            "destroyed before the period had closed",
        ),
        (lambda s: shift(s, "period.open", "ballots.prepared"), "prepared before the period opened"),
        (lambda s: s.append(dict(first(s, "ballots.prepared"))), "prepared after the period had opened"),
        (
            lambda s: first(s, "ballots.prepared")["boxes"][0].update(rules={}),
            "without naming its layout and thresholds",
        ),
        (lambda s: more_of(s, "cards.committed", ROSTER, cards=10), "18 ballots count, but only 10 cards"),
        (
            lambda s: shift(s, "cards.committed", "ballot", ROSTER),
            "are not the 0 committed before the period opened",
        ),
        (again, "was opened 2 times"),
        (
            lambda s: s.remove(first(s, "box.opened", ROSTER)),
            "does not show that the box of channel deputies was opened",
        ),
        (lambda s: s.remove(first(s, "period.closed")), "shows no opening or no closing of the period"),
        (unheld, "only what is held may be moved, by its review"),
        (undecided, "the ballots held for R1 should be held by what was decided, but are rejected"),
        (
            lambda s: more_of(s, "cell.decided", release=True),
            "should be counted by what was decided, but are rejected",
        ),
        (never_held, "the ballots held for R4 should be held by what was decided, but are counted"),
        (issued, "20 cards were committed, the entries say 30"),
        (half_moved, "should be rejected by what was decided, but are held, rejected"),
        (second_reviewer, "the decision on R1 was not reviewed by two people"),
        (lambda s: more_of(s, "cell.decided", ballots=11), "a decision on R1 that fits no held ballots"),
        (lambda s: s.append(dict(first(s, "cell.decided"))), "or not the first"),
        (
            lambda s: s.extend(review("u3", "R1", 12, release=True)),
            "a decision on R1 that fits no held ballots",
        ),
        (
            lambda s: more_of(s, "box.opened", ROSTER, digest=digest("x")),
            "not those whose digest the opening",
        ),
        (lambda s: more_of(s, "box.opened", digest="x"), "the content makes no sense (ValueError: digest)"),
        (
            lambda s: first(s, "ballots.prepared")["boxes"][1]["layout"]["units"].pop(),
            "without naming its layout and thresholds",
        ),
        (
            lambda s: entry_of(s)["values"].update(option="splendid"),
            "options or a stratum (window) that the layout",
        ),
        (
            lambda s: entry_of(s)["values"].update(stratum="night"),
            "options or a stratum (night) that the layout",
        ),
        (shown_small, "fewer than 10 answers are shown by option"),
    ],
)
def test_each_way_of_cheating_with_ballots_is_found(
    tmp_path: Path, check: Check, change: Change, words: str
) -> None:
    done = checked(tmp_path, check, change)
    assert done.status == 1, done.said
    assert words in done.said, done.said


def test_a_released_cell_counts_and_a_reopened_period_keeps_its_box(tmp_path: Path, check: Check) -> None:
    def change(steps: list[Step]) -> None:
        steps += review("u2", "R4", 10, release=True)
        steps += [
            {"kind": "period.open", "by": "a", "approved_by": "b"},
            {"kind": "period.closed", "by": "a"},
        ]

    done = checked(tmp_path, check, change)
    assert done.status == 0, done.said


def test_what_is_not_wrong_but_should_be_known_is_said(tmp_path: Path, check: Check) -> None:
    def change(steps: list[Step]) -> None:
        beside(steps)
        steps.append({"kind": "cards.committed", **card_list(9)})
        told = first(steps, "box.opened", ROSTER)
        told["numbers"].append(["", "rejected", "cards_exceeded", 2])
        told.update(rejected=2, sealed=20, digest=redigested(told))
        steps[5:5] = [{"kind": "ballot", "channel": ROSTER, "ballot": digest("more", n)} for n in range(2)]

    done = checked(tmp_path, check, change)
    assert done.status == 0, done.said
    assert "[note]  Channel mobile_qr has 1 entries that did not come out of its box." in done.said
    assert "[note]  Channel deputies took 2 ballots more than it has cards" in done.said
    assert "[note]  Channel deputies: 9 cards were committed after the period had opened" in done.said


def test_ballots_that_were_gone_at_the_opening_are_named(tmp_path: Path, check: Check) -> None:
    def change(steps: list[Step], named: str, *by: str) -> None:
        told = first(steps, "box.opened", ROSTER)
        told["numbers"].append(["", "rejected", "missing", 1])
        told.update(rejected=1, sealed=19, digest=redigested(told), missing=[named], approved_by=list(by))
        steps.insert(5, {"kind": "ballot", "channel": ROSTER, "ballot": digest("gone")})

    receipt = digest_of(spelt({"kind": "ballot", "channel": ROSTER, "ballot": digest("gone"), "period": KEY}))
    done = checked(tmp_path / "1", check, lambda steps: change(steps, receipt, "a", "b"))
    assert done.status == 0, done.said
    assert "[note]  When box deputies was opened, the stored ballots were not all those" in done.said
    done = checked(tmp_path / "2", check, lambda steps: change(steps, digest("none"), "a", "a"))
    assert "Channel deputies: ballots named as missing are not in the record." in done.said
    assert "not two people had its box opened all the same" in done.said
    assert done.status == 1


def test_a_witness_tells_whether_it_saw_the_closing(tmp_path: Path, check: Check) -> None:
    maker = box_bundle(tmp_path / "source")
    key = Ed25519PrivateKey.generate()
    vkey = cosigner_key("w", key.public_key().public_bytes_raw())
    gap = "no line of w from between the closing and the opening of box deputies"
    for at, found in ((-1, True), (1, False)):
        maker.heads[at]["note"] += cosign(maker.heads[at]["note"], "w", key, 1_800_000_000)
        done = check(maker.write(tmp_path / f"b{at}"), witnesses=[vkey])
        assert done.status == 0
        assert (gap in done.said) is found
