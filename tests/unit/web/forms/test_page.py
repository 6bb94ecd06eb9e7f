"""The HTML of forms: every control has its label, every id is there once, nothing is quoted wrongly."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from tests.unit.web.forms.contents import contents
from tests.unit.web.forms.page_of_form import html_of, read_page

import pingyi
from pingyi.web.forms import filled_form

KNOWN = {name: (schema, rules, content) for name, schema, rules, content in contents()}


@pytest.mark.parametrize("name", KNOWN)
def test_page_of_a_form_can_be_read_by_everybody(name: str) -> None:
    schema, rules, content = KNOWN[name]
    page = read_page(html_of(filled_form(schema, content, rules)))
    ids = Counter(one.given["id"] for one in page.elements if "id" in one.given)
    assert [id_ for id_, times in ids.items() if times > 1] == []
    labels = Counter(one.given["for"] for one in page.find("label") if "for" in one.given)
    for one in page.elements:
        shown = one.tag in ("input", "textarea", "select") and one.given.get("type") != "hidden"
        if shown and one.given.get("type") != "checkbox":
            assert labels[one.given["id"]] == 1, one
        for told in (one.given.get("aria-describedby") or "").split():
            assert told in ids
    assert all(
        one.text.strip() for one in page.elements if one.tag in ("label", "legend", "summary", "button")
    )
    words = Counter(" ".join(one.text.split()) for one in page.find("button"))
    assert [said for said, times in words.items() if times > 1] == []


def test_every_class_of_the_template_has_a_style() -> None:
    folder = Path(pingyi.__file__).parent
    template = (folder / "templates/forms.html").read_text("utf-8")
    styles = (folder / "static/pingyi.css").read_text("utf-8")
    classes = {word for found in re.findall(r'class="([a-z ]+)', template) for word in found.split()}
    assert {name for name in classes if not re.search(rf"\.{name}\b", styles)} == set()
    assert "style=" not in template
