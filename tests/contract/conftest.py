"""What the contract's tests share: the bundled channels, and rows evaluated without a database."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from pingyi.channels import Channel, Context, Entry, Period, Score, Tally
from pingyi.channels.types import encode_name

PLUGINS = Path(__file__).resolve().parents[2] / "plugins/pingyi_plugins"

Evaluate = Callable[..., Score]


@pytest.fixture(scope="session")
def channels() -> dict[str, Channel]:
    packages = [
        import_module(f"pingyi_plugins.{path.parent.name}") for path in sorted(PLUGINS.glob("*/__init__.py"))
    ]
    return {channel.key: channel for package in packages for channel in package.pingyi_channels()}


@pytest.fixture(scope="session")
def evaluate(channels: dict[str, Channel]) -> Evaluate:
    """Score the rows of unit "u" on a bundled channel, as the core would."""

    def run(
        key: str,
        settings: Mapping[str, Any],
        rows: Sequence[Mapping[str, Any]],
        *,
        period: Period | None = None,
        rolls: Mapping[tuple[str, str], int] | None = None,
    ) -> Score:
        channel = channels[key]
        loaded = channel.settings_schema().load(dict(settings))
        context = Context(loaded, period or Period(), rolls or {})
        own: Counter[str] = Counter()
        shared: Counter[str] = Counter()
        for row in rows:
            values = channel.entry_schema(context).load({"unit": "u", **row})
            unit = values.pop("unit", None)
            for count in channel.tally(Entry(unit, values), context):
                (shared if count.shared else own)[encode_name(count.counter)] += count.amount
        return channel.score(Tally(own, Tally(shared)), context)

    return run
