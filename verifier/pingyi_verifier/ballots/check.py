"""All checks of ballots; periods without them are passed over."""

from __future__ import annotations

from pingyi_verifier.ballots.boxes import (
    LOST,
    MARGINS,
    Box,
    ballots_in,
    cards_before,
    life_of,
    prepared_boxes,
    tallies_of,
)
from pingyi_verifier.ballots.cells import unfit_cells, wrong_digest
from pingyi_verifier.ballots.held_cells import wrong_cells
from pingyi_verifier.ballots.openings import wrong_losses, wrong_numbers, wrong_opening
from pingyi_verifier.ballots.sealed_ballots import misplaced, opened_once, secret_gone
from pingyi_verifier.ballots.sums import wrong_cards, wrong_sums
from pingyi_verifier.folder.canonical_json import canonical, sha256
from pingyi_verifier.record.acts import acts_of
from pingyi_verifier.record.bundle import Bundle, Place
from pingyi_verifier.record.record import Record
from pingyi_verifier.report.report import Report


def check_ballots(report: Report, bundle: Bundle, record: Record) -> None:
    acts = record.acts
    ballots = ballots_in(record.blocks)
    if not ballots and not acts_of(acts, "ballots.prepared", "box.opened"):
        return
    opening, closing = life_of(acts)
    frozen, faults = prepared_boxes(bundle, acts, opening)
    faults += misplaced(ballots, frozen, acts, closing)
    boxes = []
    for channel in dict.fromkeys([*frozen, *(act.body["channel"] for act in acts_of(acts, "box.opened"))]):
        opened = [act for act in acts_of(acts, "box.opened") if act.body["channel"] == channel]
        faults += opened_once(channel, opened, channel in frozen)
        if opened and channel in frozen:
            cards = cards_before(acts, channel, opening)
            boxes.append(Box(channel, frozen[channel], cards, ballots.get(channel, []), opened[0]))
    faults += secret_gone(acts, boxes, closing)
    faults += wrong_cells(bundle, acts, record.blocks, {box.channel: box for box in boxes})
    report.all_wrong(faults)
    for box in boxes:
        with report.part(f"票箱 {box.channel}", f"Box {box.channel}"):
            check_box(report, bundle, record, box, closing)


def check_box(report: Report, bundle: Bundle, record: Record, box: Box, closing: Place) -> None:
    """One box: its ballots, its opening, its sums and its cards."""
    told, tallies = box.told, tallies_of(record.blocks, box.channel)
    faults = [
        *wrong_numbers(box, closing),
        *wrong_losses(box),
        *wrong_opening(bundle, box, record.logs, closing),
        *wrong_cards(box, tallies),
        *wrong_sums(box, tallies),
        *unfit_cells(box, tallies),
        *wrong_digest(box, tallies),
    ]
    report.all_wrong(faults)
    if not faults:
        sealed, counted, held, rejected = (told[name] for name in ("sealed", "counted", "held", "rejected"))
        layout = sha256(canonical(box.layout))
        report.ok(
            zh=(
                f"选票：渠道 {box.channel} 记录中的 {sealed} 张密封选票 = 计入 {counted} + 待核查 "
                f"{held} + 不计 {rejected}；截止后才开箱，各单位各项合计与票数相符。"
            ),
            en=(
                f"Ballots: channel {box.channel}, {sealed} sealed in the record = {counted} counted + "
                f"{held} held + {rejected} rejected; opened after the closing; the options of every "
                "unit and dimension add up to them."
            ),
        )
        limits = ", ".join(f"{name} {box.frozen['rules'][name]}" for name in MARGINS)
        report.ok(
            zh=f"票箱 {box.channel} 在开放前即已定下：票面 {layout}；待核查的界限 {limits}。",
            en=f"Box {box.channel}, fixed before the period opened: layout {layout}; thresholds {limits}.",
        )
    tell_box(report, bundle, record, box, closing)


def tell_box(report: Report, bundle: Bundle, record: Record, box: Box, closing: Place) -> None:
    """What is not wrong but should be known: ballots without rows, too many cards, entries beside the box."""
    if lost := {name: box.told[name] for name in LOST if box.told.get(name)}:
        told = ", ".join(f"{name} {len(receipts)}" for name, receipts in lost.items())
        report.note(
            zh=(
                f"票箱 {box.channel} 开箱时，库存选票与记录不完全相符（{told}），由两人决定继续；"
                "请向主办单位问明。"
            ),
            en=(
                f"When box {box.channel} was opened, the stored ballots were not all those of the "
                f"record ({told}); two people went on. Ask the office about them."
            ),
        )
    if over := sum(count for _, _, why, count in box.told["numbers"] if why == "cards_exceeded"):
        report.note(
            zh=f"渠道 {box.channel} 收到的选票比发出的票卡多 {over} 张；多出的未计入，请向主办单位问明。",
            en=(
                f"Channel {box.channel} took {over} ballots more than it has cards; they do not count. "
                "Ask the office about them."
            ),
        )
    if more := sum(cards_before(record.acts, box.channel, bundle.frozen_at).values()) - sum(
        box.cards.values()
    ):
        report.note(
            zh=f"渠道 {box.channel} 在周期开放之后又登记了 {more} 张票卡；请向主办单位问明。",
            en=(
                f"Channel {box.channel}: {more} cards were committed after the period had opened; ask "
                "the office about them."
            ),
        )
    if beside := sum(block.beside[box.channel] for block in record.blocks):
        report.note(
            zh=f"渠道 {box.channel} 另有 {beside} 条报送不是开箱得出的。",
            en=f"Channel {box.channel} has {beside} entries that did not come out of its box.",
        )
    tell_unwitnessed(report, bundle, record, box, closing)


def tell_unwitnessed(report: Report, bundle: Bundle, record: Record, box: Box, closing: Place) -> None:
    """Witnesses that signed no head between the closing and the opening, when a box might be exchanged."""
    for key in bundle.witnesses:
        places = [place for who, place in record.cosigned if who == key]
        if not any(closing < place <= box.opened.place for place in places):
            report.note(
                zh=f"数据包里没有见证方 {key.name} 在截止之后、票箱 {box.channel} 开箱之前的签名。",
                en=(
                    f"The bundle has no line of {key.name} from between the closing and the opening of "
                    f"box {box.channel}."
                ),
            )
