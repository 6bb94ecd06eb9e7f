"""Fills in the form of one entry as a browser does, and follows it to its receipt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from flask.testing import FlaskClient

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def cells_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The fields of the form that say what a row says."""
    cells: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            cells |= {f"{name}.{key}": str(inner) for key, inner in value.items()}
        else:
            cells[name] = (
                {True: "true", False: "false"}.get(value, str(value))
                if isinstance(value, bool)
                else str(value)
            )
    return cells


def filled_fields(page: str) -> dict[str, str]:
    """Every field of the editor on a page with what stands in it."""
    form = page[page.index('<form class="editor"') :]
    inputs = re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form)
    selects = re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL)
    chosen = {
        name: found[1]
        for name, inside in selects
        if (found := re.search(r'<option value="([^"]*)" selected>', inside))
    }
    return {unescape(name): unescape(value) for name, value in [*inputs, *chosen.items()]}


def hidden_of(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return {unescape(name): unescape(value) for name, value in HIDDEN.findall(page)}


def check(client: FlaskClient, path: str, row: Mapping[str, Any]) -> Any:
    """The answer to a filled-in form: what it would change, or what is wrong."""
    begun = client.get(path)
    assert begun.status_code == 200, begun.text[-1500:]
    own = {name: value for name, value in hidden_of(begun.text).items() if name in ("csrf_token", "once")}
    return client.post(path, data={**own, **cells_of(row), "do": "check"})


def press(client: FlaskClient, path: str, page: str, do: str) -> Any:
    """The answer to a button of the page that shows what would change."""
    return client.post(path, data={**hidden_of(page), "do": do})


def store(client: FlaskClient, path: str, row: Mapping[str, Any]) -> str:
    """The receipt's page of a row that was typed, checked and confirmed."""
    shown = check(client, path, row)
    assert shown.status_code == 200 and "确认保存" in shown.text, shown.text[-3000:]
    answer = press(client, path, shown.text, "store")
    assert answer.status_code == 303, answer.text[-3000:]
    receipt = client.get(answer.headers["Location"])
    assert receipt.status_code == 200 and "已保存" in receipt.text
    return str(receipt.text)
