"""Bundles: a whole evaluation as a folder of plain files, checked completely before anything is stored."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from pingyi.channels import Period, Text
from pingyi.db import transaction
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.scheme.values import ChannelPlan, Scheme
from pingyi.domain.toml_document import syntax_place
from pingyi.registry import current_registry, field_errors, load_context
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_adjustments
from pingyi.services.bundles import tables
from pingyi.services.bundles.cells import Units
from pingyi.services.bundles.entries import ChannelEntries, Given, read_entries
from pingyi.services.bundles.evidence import EVIDENCE, keep_all, read_evidence
from pingyi.services.bundles.files import Faults, read_text
from pingyi.services.bundles.folder import PUBLIC_FILES, is_public
from pingyi.services.bundles.period_documents import (
    DOCUMENTS,
    BundleDocument,
    read_documents,
    store_documents,
)
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.dispositions import dispose
from pingyi.services.intake.row_errors import at_row
from pingyi.services.periods.adjustments import AdjustmentRow
from pingyi.services.periods.decisions import DecisionRow, add_decisions
from pingyi.services.periods.earlier_results import PreviousRow, put_previous
from pingyi.services.periods.period_draft import PeriodDraft, PeriodDraftSchema, draft_errors
from pingyi.services.periods.periods import create_period, find_period, open_period
from pingyi.services.periods.rolls import RollRow, put_rolls
from pingyi.services.periods.schemes import read_scheme, store_scheme, unseen_in_scheme
from pingyi.services.periods.units import put_units

SCHEME, PERIOD, ENTRIES = "scheme.toml", "period.toml", "entries"
FILES = (
    SCHEME,
    tables.UNITS,
    ENTRIES,
    PERIOD,
    tables.ROLLS,
    tables.ADJUSTMENTS,
    tables.DECISIONS,
    tables.PREVIOUS,
    DOCUMENTS,
    EVIDENCE,
)
PERIOD_KEYS = tuple(PeriodDraftSchema().fields)
MOST_PER_DELIVERY = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A bundle that was read and found right."""

    document: str
    scheme: Scheme
    draft: PeriodDraft
    units: Units
    rolls: Sequence[RollRow]
    adjustments: Sequence[AdjustmentRow]
    decisions: Sequence[DecisionRow]
    previous: Sequence[PreviousRow]
    documents: Sequence[BundleDocument]
    entries: Sequence[ChannelEntries]
    evidence: Mapping[str, Path]


def import_bundle(caller: Caller, folder: Path, *, entries: bool) -> str:
    """Read a bundle and store it; see `read_bundle` and `store_bundle`."""
    return store_bundle(caller, read_bundle(folder), entries=entries)


def store_bundle(caller: Caller, bundle: Bundle, *, entries: bool) -> str:
    """Store a bundle as a draft period and return its key; with `entries` also open it and post them.

    Raises Problem period_exists, and nothing is stored then.
    """
    draft = bundle.draft
    of_old = draft.names == "exact"  # made before names were looked at
    with transaction() as connection:
        scheme, _, scheme_id = store_scheme(connection, caller, bundle.document, of_old=of_old)
        create_period(connection, caller, draft, scheme, scheme_id)
        period = find_period(connection, draft.key)
        rows = list(bundle.units.rows.values())
        put_units(connection, caller, period, scheme, rows, of_old=of_old)
        if bundle.rolls:
            put_rolls(connection, caller, period, bundle.rolls)
        approve_all(connection, request_adjustments(connection, BUNDLE, period, bundle.adjustments))
        add_decisions(connection, caller, period, scheme, bundle.decisions)
        if bundle.previous:
            put_previous(connection, caller, period, bundle.previous)
        store_documents(connection, caller, period, bundle.documents)
        if entries:
            open_period(connection, caller, draft.key)
    if entries:
        keep_all(caller, draft.key, bundle.scheme, bundle.entries, bundle.evidence)
        for channel in bundle.entries:
            _post(caller, draft.key, channel)
    return draft.key


def _post(caller: Caller, period: str, entries: ChannelEntries) -> None:
    for wave, numbers in zip(entries.waves, entries.rows, strict=True):
        waiting, places = iter(wave), iter(numbers)
        while batch := list(islice(waiting, MOST_PER_DELIVERY)):
            _deliver(caller, period, entries, batch, list(islice(places, MOST_PER_DELIVERY)))
    if entries.standings:
        with transaction() as connection:
            working = bound_channel(connection, ChannelRef(period=period, channel=entries.channel))
            standings = {name: (each.standing, each.reason) for name, each in entries.standings.items()}
            dispose(connection, caller, working, standings)


def _deliver(
    caller: Caller, period: str, entries: ChannelEntries, batch: Sequence[Given], numbers: Sequence[int]
) -> None:
    try:
        deliver(caller, ChannelRef(period=period, channel=entries.channel), batch, kind="import")
    except Problem as problem:
        placed = [
            at_row(replace(error, pointer=error.pointer.removeprefix("/entries")), entries.file, numbers)
            for error in problem.errors
        ]
        raise replace(problem, errors=placed) from problem


def read_bundle(folder: Path) -> Bundle:
    """Read and check all of a bundle; Problem bundle_invalid names everything that is wrong."""
    faults = Faults()
    if not folder.is_dir():
        faults.note("not_a_folder", str(folder))
        raise _invalid(faults)
    document, scheme = _read_scheme(folder, faults)
    if scheme is None:
        raise _invalid(faults)
    known = {*FILES, *PUBLIC_FILES} if is_public(folder) else FILES
    for name in sorted(path.name for path in folder.iterdir()):
        if name not in known and not name.startswith("."):
            faults.note("file_unknown", name, known=", ".join(FILES))
    draft = _read_period(folder, scheme, faults)
    if draft.names == "folded":
        for error in unseen_in_scheme(document):
            faults.add(replace(error, file=SCHEME))
    units = tables.read_units(folder, scheme, draft.names, faults)
    rolls = tables.read_rolls(folder, scheme, faults)
    entries = list(_read_channels(folder, scheme, draft, units, rolls, faults))
    bundle = Bundle(
        document=document,
        scheme=scheme,
        draft=draft,
        units=units,
        rolls=rolls,
        entries=entries,
        adjustments=tables.read_adjustments(folder, units, faults),
        decisions=tables.read_decisions(folder, scheme, units, faults),
        previous=tables.read_previous(folder, units, faults),
        documents=read_documents(folder, faults),
        evidence=read_evidence(folder, entries, faults),
    )
    if faults.errors:
        raise _invalid(faults)
    return bundle


def _invalid(faults: Faults) -> Problem:
    errors = faults.all()
    message = Text(
        zh=f"数据包有 {sum(faults.counts.values())} 处错误，未保存任何内容。",
        en=f"{sum(faults.counts.values())} things are wrong with the bundle; nothing was stored.",
    )
    return Problem("bundle_invalid", 422, message, errors)


def _read_scheme(folder: Path, faults: Faults) -> tuple[str, Scheme | None]:
    if not (folder / SCHEME).exists():
        faults.note("file_missing", SCHEME)
        return "", None
    document = read_text(folder / SCHEME, SCHEME, faults)
    if document is None:
        return "", None
    try:
        return document, read_scheme(document)
    except Problem as problem:
        for error in problem.errors or (FieldError(code=problem.code, message=problem.message),):
            faults.add(replace(error, file=SCHEME))
        return "", None


def _read_period(folder: Path, scheme: Scheme, faults: Faults) -> PeriodDraft:
    """period.toml; its key, else the scheme's."""
    table = _period_table(folder, faults)
    for name in table:
        if name not in PERIOD_KEYS:
            faults.note("key_unknown", PERIOD, None, name, key=name, known=", ".join(PERIOD_KEYS))
    # What was published before periods folded names says nothing of it.
    said = {"key": scheme.key, "names": "exact" if is_public(folder) else "folded"}
    said |= {name: value for name, value in table.items() if name in PERIOD_KEYS}
    try:
        draft: PeriodDraft = PeriodDraftSchema().load(said)
    except ValidationError as error:
        right = error.valid_data if isinstance(error.valid_data, dict) else {}
        draft, errors = PeriodDraft(**{"key": "", **right}), list(field_errors(error.messages, ""))
    else:
        errors = []
    for each in (*errors, *draft_errors(draft)):
        faults.add(replace(each, pointer="", file=PERIOD, column=each.pointer.removeprefix("/")))
    return draft


def _period_table(folder: Path, faults: Faults) -> Mapping[str, Any]:
    text = read_text(folder / PERIOD, PERIOD, faults) if (folder / PERIOD).exists() else ""
    try:
        return tomllib.loads(text or "")
    except (ValueError, RecursionError) as error:
        if found := syntax_place(error):
            detail, line, column = found
            faults.note("not_toml", PERIOD, line, str(column), detail=detail)
        else:
            faults.note("not_toml", PERIOD, detail=error)
        return {}


def _read_channels(
    folder: Path, scheme: Scheme, draft: PeriodDraft, units: Units, rolls: Sequence[RollRow], faults: Faults
) -> Iterator[ChannelEntries]:
    known = {channel.key for channel in scheme.channels}
    there = sorted((folder / ENTRIES).iterdir()) if (folder / ENTRIES).is_dir() else []
    for path in there:
        if path.name.startswith("."):
            continue
        if path.suffix != ".csv":
            faults.note("file_unknown", f"{ENTRIES}/{path.name}", known=f"{ENTRIES}/<channel>.csv")
        elif path.stem not in known:
            listed = ", ".join(channel.key for channel in scheme.channels)
            faults.note("channel_file_unknown", f"{ENTRIES}/{path.name}", channel=path.stem, known=listed)
    for plan in scheme.channels:
        own = {(roll.name, roll.stratum): roll.count for roll in rolls if roll.channel == plan.key}
        yield _read_channel(folder, plan, draft, own, units, faults)


def _read_channel(
    folder: Path,
    plan: ChannelPlan,
    draft: PeriodDraft,
    rolls: Mapping[tuple[str, str], int],
    units: Units,
    faults: Faults,
) -> ChannelEntries:
    channel = current_registry().channel(plan.plugin)
    period = Period(
        starts_on=draft.starts_on,
        ends_on=draft.ends_on,
        time_zone=draft.time_zone,
        folds_names=draft.names == "folded",
    )
    context = load_context(channel, plan.settings, period, rolls)
    for need in sorted(channel.needs(context.settings) - context.roll_names):
        if need != "dates":
            faults.note("needs_roll", tables.ROLLS, channel=plan.key, name=need)
        elif not (draft.starts_on and draft.ends_on) and not faults.of(PERIOD):
            faults.note("needs_dates", PERIOD, channel=plan.key)
    if not (folder / ENTRIES / f"{plan.key}.csv").exists():
        return ChannelEntries(plan.key, "")
    return read_entries(folder, plan.key, channel, context, units, faults)
