"""Serves the pages and tasks of plugins: what they are given, and what comes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, String, bindparam, func, or_, select

from pingyi import models
from pingyi.channels import (
    Block,
    Cell,
    Channel,
    Context,
    EntryPage,
    Page,
    Paragraph,
    Share,
    StoredEntry,
    Table,
    Tally,
    Task,
    Text,
    Unit,
)
from pingyi.db import rows, transaction
from pingyi.domain.assessment.held_evidence import COUNTED
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.registry import current_registry
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, channel_by_id, issued_scheme
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found
from pingyi.services.core.plugin_timeouts import guarded, without_limit
from pingyi.services.core.unit_index import UNITS_OF_PERIOD
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.partner_queries import entries_page, readable_channel
from pingyi.services.results.score import print_fact

MOST_ENTRIES = 500
SHARED = ""
_COUNTERS = (
    select(func.coalesce(models.Unit.code, SHARED).label("code"), models.Counter.counts)
    .select_from(models.Counter)
    .outerjoin(models.Unit, models.Unit.id == models.Counter.unit_id)
    .where(models.Counter.channel_id == bindparam("channel"), models.Counter.standing == COUNTED)
)
_PLUGIN = bindparam("plugin", type_=String)
_PLACES = (
    select(
        models.Period.key.label("period"),
        models.Period.state,
        models.Period.scheme_id,
        models.Channel.key,
        models.Channel.plugin,
        models.Channel.operator_id,
    )
    .join(models.Channel, models.Channel.period_id == models.Period.id)
    .where(or_(_PLUGIN.is_(None), models.Channel.plugin == _PLUGIN))
    .order_by(models.Period.id.desc(), models.Channel.position)
)
Part = TypeVar("Part", Page, Task)


@dataclass(frozen=True, slots=True)
class PagePlace:
    """A channel of a period that the caller may look at, with the pages and tasks of its plugin."""

    period: str
    channel: str
    title: Text
    plugin: Channel
    may_run: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A page ready to be shown: sentences, and tables of words."""

    title: Text
    period: str
    channel: Text
    blocks: Sequence[Paragraph | Table]


class ServedView:
    """The ChannelView of one channel for one caller; every question is a transaction of its own."""

    def __init__(self, caller: Caller, working: BoundChannel) -> None:
        self._caller, self._working = caller, working

    @property
    def period(self) -> str:
        return self._working.period_key

    @property
    def channel(self) -> str:
        return self._working.key

    @property
    def context(self) -> Context:
        return self._working.context

    @without_limit
    def units(self) -> Sequence[Unit]:
        with transaction() as connection:
            return rows(connection, Unit, UNITS_OF_PERIOD, period=self._working.period_id)

    @without_limit
    def tallies(self) -> Mapping[str, Tally]:
        counts = self._counters()
        shared = Tally(counts.pop(SHARED, {}))
        return {code: Tally(of_unit, shared) for code, of_unit in counts.items()}

    @without_limit
    def shared(self) -> Tally:
        return Tally(self._counters().get(SHARED, {}))

    @without_limit
    def entries(self, after: str = "", limit: int = 100, unit: str = "") -> EntryPage:
        most = max(1, min(limit, MOST_ENTRIES))
        with transaction() as connection:
            found = entries_page(connection, self._caller, self._working, after=after, limit=most, unit=unit)
        return EntryPage([_stored(entry) for entry in found.entries], found.after)

    @without_limit
    def submit(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        answer = deliver(
            self._caller, ChannelRef(period=self._working.period_key, channel=self._working.key), rows
        )
        receipt: dict[str, Any] = json.loads(answer.receipt)
        return receipt

    def _counters(self) -> dict[str, dict[str, int]]:
        with transaction() as connection:
            counters = connection.execute(_COUNTERS, {"channel": self._working.id})
            return {row.code: row.counts for row in counters}


def _stored(entry: Mapping[str, Any]) -> StoredEntry:
    return StoredEntry(
        f"{entry['delivery']}.{entry['position']}",
        entry["unit"],
        entry["values"],
        entry["current"],
        entry["standing"],
        entry["received_at"],
    )


def list_places(connection: Connection, caller: Caller, plugin_key: str | None = None) -> list[PagePlace]:
    """The channels with pages or tasks that the caller may look at, of one plugin or of all, newest first."""
    registry = current_registry()
    places = []
    for row in connection.execute(_PLACES, {"plugin": plugin_key}):
        found = registry.channels.get(row.plugin)
        own = caller.may_deliver(row.operator_id, row.key)
        if found is None or not (own or caller.roles & {*OFFICE_READERS}):
            continue
        plan = issued_scheme(row.scheme_id, connection).channel(row.key)
        if plan is not None and (found.channel.pages or found.channel.tasks):
            may_run = own and row.state == PeriodState.OPEN
            places.append(PagePlace(row.period, row.key, plan.title, found.channel, may_run))
    return places


def render_page(caller: Caller, plugin_key: str, period_key: str, channel_key: str, path: str) -> Shown:
    """What a plugin's page shows; Problem not_found, forbidden, plugin_failed."""
    working = _working(caller, plugin_key, period_key, channel_key)
    page = _one((page for page in working.plugin.pages if page.path == path), path)
    with guarded(partial(_failed, working)):
        blocks = [_printed(block) for block in page.render(ServedView(caller, working))]
    return Shown(page.title, period_key, working.plan.title, blocks)


def run_task(caller: Caller, plugin_key: str, period_key: str, channel_key: str, key: str) -> Text:
    """Do a plugin's task for a person who asks, and say what it did; the channel's operator only."""
    working = _working(caller, plugin_key, period_key, channel_key)
    task = _one((task for task in working.plugin.tasks if task.key == key), key)
    with guarded(partial(_failed, working)):
        said = task.run(ServedView(caller, working))
        if not isinstance(said, Text):
            raise TypeError(f"a task returns a Text, got {type(said).__name__}")
    return said


def _working(caller: Caller, plugin_key: str, period_key: str, channel_key: str) -> BoundChannel:
    with transaction() as connection:
        found = readable_channel(
            connection, caller, ChannelRef(period=period_key, channel=channel_key, plugin=plugin_key)
        )
        return channel_by_id(connection, found.id)


def _one(found: Iterable[Part], key: str) -> Part:
    for part in found:
        return part
    raise not_found(zh=f"页面“{key}”", en=f"Page {key}")


def _printed(block: Block) -> Paragraph | Table:
    """A block with all cells as words; whatever is no block is refused."""
    if isinstance(block, Paragraph):
        return Paragraph(_words(block.text))
    if not isinstance(block, Table):
        raise TypeError(f"a page is made of Paragraph and Table, got {type(block).__name__}")
    rows = [[_words(cell) for cell in row] for row in block.rows]
    return Table(block.title, [_words(column) for column in block.columns], rows)


def _words(cell: Cell) -> Text:
    match cell:
        case Text():
            return cell
        case None:
            return Text(zh="—", en="—")
        case Share() | Fraction():
            spelt = f"{print_fact(cell)}%"
        case str() | int() | Decimal() if not isinstance(cell, bool):
            spelt = print_fact(cell)
        case _:
            raise TypeError(f"a cell is no {type(cell).__name__}")
    return Text(zh=spelt, en=spelt)


def _failed(working: BoundChannel, detail: str) -> Problem:
    message = Text(
        zh="渠道插件“{plugin}”（{version}）的页面或任务出错；请通知管理员。（{detail}）",
        en="A page or task of the channel plugin {plugin} ({version}) failed; tell the administrator."
        " ({detail})",
    )
    version = current_registry().version(working.plan.plugin)
    named = message.format(plugin=working.plan.plugin, version=version, detail=detail)
    return Problem("plugin_failed", 500, named)
