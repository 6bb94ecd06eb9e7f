"""The result as a table for people: titled columns, rank and total first, words instead of keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from pingyi.channels import Text
from pingyi.channels.own_words import own_titles
from pingyi.domain.scheme.values import Scheme
from pingyi.registry import Registry
from pingyi.services.results.result import ChannelResult, Result, UnitResult
from pingyi.services.spreadsheets.writing.csv_files import csv_for_people
from pingyi.site.labels import RESULT_TITLES, REVIEW, STATUS_TITLES, WITH_HELD, FactWords, plain
from pingyi.site.template_functions import grade_title
from pingyi.site.unit_card import AdjustmentLine, adjustment_line

Value = Text | str | int | None
RANK, TOTAL = Text(zh="名次", en="Rank"), Text(zh="总分", en="Total")
UNIT, CODE = Text(zh="单位", en="Unit"), Text(zh="单位代码", en="Code")
CATEGORY, OF = Text(zh="类别", en="Category"), Text(zh="参加排名单位数", en="Units ranked")
GRADE, STATUS = Text(zh="等次", en="Grade"), Text(zh="状态", en="Status")
ADJUSTED, REASONS = Text(zh="加减分", en="Adjustments"), Text(zh="加减分事由", en="Reasons of adjustments")
LAST_PERIOD = Text(zh="上次评议", en="Last evaluation")
LAST_RANK, LAST_TOTAL = Text(zh="上年名次", en="Last rank"), Text(zh="上年总分", en="Last total")
LINKED = Text(zh="（联动，不计入总分）", en=" (linked, not part of the total)")
EVIDENCE = Text(zh="依据数", en="Pieces of evidence")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: its title, and what stands in it for a unit; "" and None are empty cells."""

    title: Text
    of: Callable[[UnitResult], Value]


def results_table(result: Result, registry: Registry, language: str) -> bytes:
    """results.csv for people, "zh" or "en"; `registry` holds the channels that title their facts."""
    columns = [*_of_units(result), *_of_groups(result.scheme), *_of_channels(result, registry)]
    lines = ([_said(column.of(unit), language) for column in columns] for unit in result.units)
    return csv_for_people([[column.title.get(language) for column in columns], *lines])


def _said(value: Value, language: str) -> str | int | None:
    return value.get(language) if isinstance(value, Text) else value


def _of_units(result: Result) -> Iterator[Column]:
    scheme = result.scheme
    titles = {category.key: category.title for category in scheme.categories}
    yield Column(RANK, attrgetter("rank"))
    yield Column(TOTAL, attrgetter("total"))
    yield Column(UNIT, attrgetter("name"))
    yield Column(CODE, attrgetter("code"))
    yield Column(CATEGORY, lambda unit: titles.get(unit.category, unit.category))
    yield Column(OF, attrgetter("of"))
    if any(unit.grade for unit in result.units):
        yield Column(GRADE, lambda unit: grade_title(scheme, unit.grade) if unit.grade else "")
    yield Column(STATUS, lambda unit: RESULT_TITLES.get(unit.status, unit.status))
    yield Column(ADJUSTED, attrgetter("adjustments"))
    yield Column(REASONS, adjustment_words)
    if any(unit.previous for unit in result.units):
        for title, name in ((LAST_PERIOD, "period"), (LAST_RANK, "rank"), (LAST_TOTAL, "total")):
            yield Column(title, _earlier(name))
    if any(unit.whole for unit in result.units):
        yield Column(_joined(WITH_HELD, TOTAL), lambda unit: unit.whole.total if unit.whole else "")
        yield Column(_joined(WITH_HELD, RANK), lambda unit: unit.whole.rank if unit.whole else "")
        yield Column(REVIEW, lambda unit: REVIEW if unit.whole and unit.whole.review else "")


def _earlier(name: str) -> Callable[[UnitResult], Value]:
    return lambda unit: (unit.previous or {}).get(name)


def _of_groups(scheme: Scheme) -> Iterator[Column]:
    for group in scheme.groups:
        yield Column(group.title, _group_points(group.key))


def _group_points(key: str) -> Callable[[UnitResult], Value]:
    return lambda unit: unit.groups.get(key)


def _of_channels(result: Result, registry: Registry) -> Iterator[Column]:
    for position, plan in enumerate(result.scheme.channels):
        most = plain(plan.max_points)
        title = Text(zh=f"{plan.title.zh}（{most} 分）", en=f"{plan.title.en} (of {most})")
        yield Column(title, _score(position, attrgetter("points")))
        yield Column(_joined(plan.title, EVIDENCE), _score(position, attrgetter("n")))
        yield Column(_joined(plan.title, STATUS), _score(position, channel_status))
        words = FactWords(registry.installed(plan.plugin), own_titles(plan.settings))
        for name, said in words.columns(fact_names(result.units, position)):
            yield Column(_joined(plan.title, said), _score(position, _fact(words, name)))


def _score(position: int, of: Callable[[ChannelResult], Value]) -> Callable[[UnitResult], Value]:
    return lambda unit: of(unit.scores[position])


def _fact(words: FactWords, name: str) -> Callable[[ChannelResult], Value]:
    return lambda score: words.value(name, score.facts[name]) if name in score.facts else ""


def fact_names(units: Sequence[UnitResult], position: int) -> list[str]:
    """The facts that any of the units has on the channel at this position of the scheme."""
    return list({name: None for unit in units for name in unit.scores[position].facts})


def channel_status(score: ChannelResult) -> Text:
    """Whether a channel was rated, or why not."""
    return STATUS_TITLES.get(score.status, Text(zh=score.status, en=score.status))


def adjustment_words(unit: UnitResult) -> Text:
    """What was added and taken away, with reasons and documents as they are public."""
    lines = [adjustment_line(item) for item in unit.items]
    return Text(
        zh="；".join(_adjusted(line).zh for line in lines), en="; ".join(_adjusted(line).en for line in lines)
    )


def _adjusted(line: AdjustmentLine) -> Text:
    linked = Text(zh="", en="") if line.applied else LINKED
    zh = f"（{line.document}）" if line.document else ""
    en = f" ({line.document})" if line.document else ""
    return Text(
        zh=f"{line.title.zh}{line.points}{linked.zh}：{line.reason}{zh}",
        en=f"{line.title.en} {line.points}{linked.en}: {line.reason}{en}",
    )


def _joined(first: Text, second: Text) -> Text:
    return Text(zh=f"{first.zh}·{second.zh}", en=f"{first.en}: {second.en}")
