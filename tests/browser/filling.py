"""A person who types a document into its form, control by control, by the buttons that the page has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator, Page

from pingyi.channels.families.ballot.titles import WORDS


def part(page: Page, name: str) -> Locator:
    """The control or list of this name."""
    return page.locator(f'[id="{name}"]')


def press(page: Page, asked: str) -> None:
    """Press the button that asks for this, and wait for the page that comes of it."""
    button = shown(page, page.locator(f'button[name="do"][value="{asked}"]').last)
    with page.expect_navigation():
        button.click()


def shown(page: Page, one: Locator) -> Locator:
    """The same, after unfolding whatever hides it."""
    folded = one.locator("xpath=ancestor::details[not(@open)]")
    while folded.count():
        folded.first.locator("xpath=summary").click()
    return one


def fill(page: Page, name: str, value: Any) -> None:
    """Type a value into whatever the form has under this name; rows and settings are asked for first."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        for at, row in enumerate(value):
            press(page, f"add.{name}")
            fill_table(page, f"{name}.{at}", row)
    elif isinstance(value, list):
        _fill_words(page, name, value)
    elif isinstance(value, Mapping):
        _fill_mapping(page, name, value)
    else:
        _fill_one(page, name, value)


def fill_table(page: Page, name: str, table: Mapping[str, Any]) -> None:
    """Type every value of a table; a kind of channel first, then its settings are drawn."""
    if "plugin" in table:
        fill(page, f"{name}.plugin", table["plugin"])
        press(page, f"redraw.{name}.plugin")
    for key, value in table.items():
        if key != "plugin":
            fill(page, f"{name}.{key}", value)


def _fill_mapping(page: Page, name: str, table: Mapping[str, Any]) -> None:
    rows = page.locator(f'button[value="add.{name}"]').count()
    if not rows:
        fill_table(page, name, table)
        return
    for at, (key, value) in enumerate(table.items()):
        press(page, f"add.{name}")
        _fill_one(page, f"{name}.{at}.key", key)
        fill(page, f"{name}.{at}.value", value)


def _fill_words(page: Page, name: str, words: list[str]) -> None:
    for at, word in enumerate(words):
        place = part(page, f"{name}~{at}")
        if place.count():
            shown(page, place).select_option(word)
            continue
        tick = page.locator(f'input[name="{name}"][value="{word}"]')
        if tick.count():
            shown(page, tick).check()
        else:
            shown(page, part(page, name)).fill("\n".join(words))
            return


def _fill_one(page: Page, name: str, value: Any) -> None:
    control = part(page, name)
    if isinstance(value, bool):
        shown(page, control).set_checked(value)
    elif page.locator(f'select[id="{name}"]').count():
        shown(page, control).select_option(str(value))
    else:
        shown(page, control).fill(_as_typed(control, str(value)))


def _as_typed(control: Locator, word: str) -> str:
    """A common word as people call it, where the form offers such words."""
    return WORDS[word].zh if control.get_attribute("list") and word in WORDS else word
