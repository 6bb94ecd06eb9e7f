"""Each ready-made scheme's demonstration with every entry in operators' files: the same published bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from flask import Flask
from tests.integration.replay import operator_files
from tests.integration.replay.carry_out import Caller, Row, from_bundle, over_api

from pingyi.embedded.engines import Endpoints
from pingyi_demonstration.data.bundle import write_bundle
from pingyi_demonstration.data.ready_made import EVALUATIONS, evaluation_of

# Each format with the titles that its columns have there: a field's name, or what the template says.
FORMATS: tuple[tuple[Callable[[operator_files.Table], bytes], str], ...] = (
    (operator_files.csv_utf_8, "{name}"),
    (operator_files.csv_gb18030, "{zh}"),
    (operator_files.xlsx, "{zh} / {en}"),
    (operator_files.ods, "{en}"),
)


class Operators:
    """Deliver every entry in files, each in the next format: a preview first, then its confirmation."""

    def __init__(self) -> None:
        self.formats: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()

    def __call__(
        self,
        call: Caller,
        path: str,
        operator: dict[str, str],
        channel: str,
        waves: Sequence[Sequence[Row]],
    ) -> None:
        form = call("GET", f"{path}/entries/form", operator).json
        assert form["channel"] == channel
        for rows in operator_files.tables_of(waves, form["identity"]):
            made, titles = FORMATS[self.formats.total() % len(FORMATS)]
            named = {
                each["name"]: titles.format(name=each["name"], **each["title"]) for each in form["fields"]
            }
            table = operator_files.grid(rows, named)
            self.formats[made.__name__] += 1
            self._deliver(call, path, operator, made(table))

    def _deliver(self, call: Caller, path: str, operator: dict[str, str], content: bytes) -> None:
        found = call("POST", f"{path}/uploads", operator, data=content).json
        assert found["state"] == "ready", found
        self.verdicts.update(found["counts"])
        receipt = call("POST", f"{path}/uploads/{found['upload']}/confirmation", operator).json
        assert len(receipt["entries"]) == found["counts"]["rows"]


@pytest.mark.long
@pytest.mark.parametrize("key", EVALUATIONS)
def test_operators_files_alone_publish_the_bytes_of_the_bundle(
    application: Flask, endpoints: Endpoints, tmp_path: Path, key: str
) -> None:
    entries = write_bundle(key, tmp_path / key)
    replayed = from_bundle(application, endpoints, tmp_path / key)
    document = (tmp_path / key / "scheme.toml").read_text(encoding="utf-8")
    operators = Operators()
    published = over_api(application, endpoints, evaluation_of(key), document, operators)
    assert published == replayed
    assert len(json.loads(published)["units"]) == len(evaluation_of(key).units)
    assert operators.verdicts["rows"] == entries
    assert operators.verdicts["wrong"] == operators.verdicts["empty"] == 0
    assert len(operators.formats) == min(len(FORMATS), operators.formats.total())
