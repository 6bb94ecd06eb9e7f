"""A period with ballots is published and checked from its public folder alone; single changes are found."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from tests.ballot_period import OPEN, ROSTER, ballot_period, close
from tests.cast_ballots import boxes, cast_all, open_ballots, roster_ballots, seal_record
from tests.integration.record.checking import Checked, check
from tests.opened_box import reviewer
from tests.unit.verify.making import digest_of, remanifest, root_of, spelt

from pingyi.db import transaction
from pingyi.ledger.keys import load_key
from pingyi.ledger.notes import Checkpoint, sign
from pingyi.ledger.tree import hash_entry
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_release
from pingyi.services.bundles.export import export_public
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import find_period, request_assessment
from pingyi.services.results.assess import assess_period
from pingyi.settings import Settings
from pingyi_surveys.ballot.keys import device_mark
from pingyi_surveys.counting.destroy_keys import destroy_box
from pingyi_surveys.counting.open_boxes import open_by_itself
from pingyi_surveys.review.held_ballots import review_cell

PERIOD = 1
Change = Callable[[list[dict[str, Any] | str]], None]


def vote() -> None:
    """40 honest open ballots, 13 of one device at u1, 15 of 20 cards; opened, reviewed and published."""
    made, draw = ballot_period(), random.Random(6)
    open_box, roster = boxes(made.open_id, made.roster_id)
    mark = device_mark(open_box.keys.mark, b"one phone", open_box.channel, "u1")
    cast_all(
        open_box,
        [*open_ballots(open_box, 40, draw), *open_ballots(open_box, 13, draw, unit="u1", device=mark)],
    )
    cast_all(roster, roster_ballots(roster, made.cards[:15], draw))
    close()
    seal_record()
    assert open_by_itself(PERIOD) == 2
    for number in (1, 2):
        with transaction() as connection:
            period = find_period(connection, "p")
            review_cell(
                connection, reviewer(number), period, OPEN, "u1", "R1", release=False, grounds="同一部手机"
            )
    for channel_id in (made.open_id, made.roster_id):
        fold_channel(channel_id)
    with transaction() as connection:
        request_assessment(connection, SHELL, "p")
    assess_period(PERIOD)
    with transaction() as connection:
        approve_all(connection, [request_release(connection, BUNDLE, "p", "评议结束")])
    seal_record()


@pytest.fixture
def bundle(app: Flask, tmp_path: Path) -> Iterator[Path]:
    vote()
    yield export_public("p", tmp_path / "bundle").folder


def resigned(folder: Path, settings: Settings, change: Change) -> Checked:
    """Change leaves and sign the record anew with its own key, as an insider with everything could."""
    path = next((folder / "leaves").iterdir())
    leaves = [json.loads(line) if line[:1] == "{" else line for line in path.read_text("utf-8").splitlines()]
    change(leaves)
    lines = [line.encode() if isinstance(line, str) else spelt(line) for line in leaves]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    epoch = json.loads((folder / "epochs.json").read_text("utf-8"))[0]
    root = root_of([hash_entry(entry_of(line)) for line in lines])
    text = Checkpoint(epoch["origin"], len(lines), root).text
    note = sign(text, epoch["origin"], load_key(settings.sealer_key_file))
    (folder / "heads.jsonl").write_bytes(spelt({"epoch": epoch["number"], "note": note}) + b"\n")
    return check(remanifest(folder, "p"))


def entry_of(line: bytes) -> bytes:
    if not line.startswith(b"{"):
        return line.replace(b" ", b"\n") + b"\n"
    return f"p\n{digest_of(line)}\n".encode()


def leaf(leaves: list[dict[str, Any] | str], kind: str, channel: str = OPEN) -> dict[str, Any]:
    """The first leaf of a kind, of a channel where it has one."""
    return next(
        one
        for one in leaves
        if isinstance(one, dict) and one["kind"] == kind and one.get("channel", channel) == channel
    )


def test_published_ballots_are_checked_from_their_folder_alone(bundle: Path) -> None:
    done = check(bundle)
    assert done.status == 0, done.said
    assert (
        "Ballots: channel mobile_qr, 53 sealed in the record = 41 counted + 12 held + 0 rejected" in done.said
    )
    assert (
        "Ballots: channel deputies, 15 sealed in the record = 15 counted + 0 held + 0 rejected" in done.said
    )
    assert "Box deputies, fixed before the period opened: layout" in done.said
    heads = [json.loads(line)["note"] for line in (bundle / "heads.jsonl").read_text("utf-8").splitlines()]
    lines = (next((bundle / "leaves").iterdir())).read_text("utf-8").splitlines()
    told = next(json.loads(line) for line in lines if '"kind":"box.opened"' in line)
    assert any(" ".join(note.split("\n")[:3]) == told["head"] for note in heads)


def test_destroyed_ballots_leave_what_can_be_checked(bundle: Path, tmp_path: Path) -> None:
    assert destroy_box(SHELL, "p") == 68
    seal_record()
    done = check(export_public("p", tmp_path / "after").folder)
    assert done.status == 0, done.said
    assert "53 sealed in the record" in done.said


def without_a_ballot(leaves: list[dict[str, Any] | str]) -> None:
    leaves.remove(leaf(leaves, "ballot"))


def another_number(leaves: list[dict[str, Any] | str]) -> None:
    told = leaf(leaves, "box.opened")
    told["numbers"][0][3] += 1
    told["counted"] += 1
    told["sealed"] += 1


def another_tally(leaves: list[dict[str, Any] | str]) -> None:
    entries = (one for one in leaves if isinstance(one, dict) and one["kind"] == "entry")
    next(one["values"] for one in entries if one["channel"] == ROSTER and "unit" in one["values"])[
        "count"
    ] += 1


def opened_early(leaves: list[dict[str, Any] | str]) -> None:
    told, closed = leaf(leaves, "box.opened"), leaf(leaves, "period.closed")
    leaves.remove(told)
    leaves.insert(leaves.index(closed), told)


def more_cards(leaves: list[dict[str, Any] | str]) -> None:
    leaf(leaves, "cards.committed", ROSTER)["cards"] = 10


def one_reviewer(leaves: list[dict[str, Any] | str]) -> None:
    leaves.remove(leaf(leaves, "cell.reviewed"))


def kept_secret(leaves: list[dict[str, Any] | str]) -> None:
    leaves.remove(leaf(leaves, "ballots.secret_destroyed"))


def test_single_changes_are_found_however_the_record_is_signed(bundle: Path, settings: Settings) -> None:
    right = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    for change, words in (
        (without_a_ballot, "holds 52 sealed ballots before the closing, the opening told of 53"),
        (another_number, "the options add up to"),
        (another_tally, "the options add up to 16, the ballots are 15"),
        (opened_early, "The box of channel mobile_qr was opened before the period had closed"),
        (more_cards, "15 ballots count, but only 10 cards were committed before the period opened"),
        (one_reviewer, "the decision on R1 was not reviewed by two people"),
        (kept_secret, "does not show that the period's secret was destroyed"),
    ):
        done = resigned(bundle, settings, change)
        for path, content in right.items():
            path.write_bytes(content)
        assert done.status == 1
        assert words in done.said, done.said
        assert "Leaves were changed" not in done.said
    assert check(bundle).status == 0


def test_a_changed_leaf_does_not_fit_the_signed_heads(bundle: Path) -> None:
    path = next((bundle / "leaves").iterdir())
    lines = path.read_text("utf-8").splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if '"kind":"ballot"' in line)
    path.write_text("".join([*lines[:at], *lines[at + 1 :]]), encoding="utf-8")
    done = check(remanifest(bundle, "p"))
    assert done.status == 1
    assert "The record was cut short" in done.said
