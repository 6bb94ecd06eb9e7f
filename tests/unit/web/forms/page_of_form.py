"""A browser for forms: draws a form with the real template, reads its HTML and sends its controls."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

from jinja2 import Environment, PackageLoader, Template
from werkzeug.datastructures import MultiDict

from pingyi.domain.errors import FieldError
from pingyi.web.forms import Form

_PAGE = (
    "{% from 'forms.html' import form_fields with context %}"
    "<form>{{ form_fields(view, '/here', writes) }}</form>"
)

_PAPER = "{% from 'forms.html' import printed with context %}{{ printed(view) }}"


@cache
def page_in(tongue: str, source: str) -> Template:
    made = Environment(loader=PackageLoader("pingyi"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.globals["t"] = lambda zh, en: en if tongue == "en" else zh
    made.filters["say"] = lambda text: text.get(tongue)
    return made.from_string(source)


def html_of(
    form: Form, errors: tuple[FieldError, ...] = (), *, writes: bool = True, tongue: str = "zh"
) -> str:
    return page_in(tongue, _PAGE).render(view=form.view(errors), writes=writes)


def outline_of(form: Form, *, tongue: str = "zh") -> str:
    return page_in(tongue, _PAPER).render(view=form.view())


def sent(form: Form) -> MultiDict[str, str]:
    """What a browser sends of the form as it is drawn."""
    return read_page(html_of(form)).sent()


def read_page(html: str) -> PageReader:
    reader = PageReader()
    reader.feed(html)
    reader.close()
    return reader


@dataclass
class Element:
    tag: str
    given: dict[str, str | None]
    text: str = ""
    options: list[Element] = field(default_factory=list)


class PageReader(HTMLParser):
    """Every element of a page in order, the text inside those that matter."""

    VOID = ("input", "br", "meta", "link", "hr")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"an attribute twice: {tag} {attrs}"
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag == "option":
            next(one for one in reversed(self.open) if one.tag in ("select", "datalist")).options.append(
                element
            )
        if tag not in self.VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1].tag == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def close(self) -> None:
        super().close()
        assert not self.open, f"never closed: {self.open}"

    def find(self, tag: str, **given: str) -> list[Element]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in given.items()}
        return [
            one
            for one in self.elements
            if one.tag == tag and all(one.given.get(name) == value for name, value in wanted.items())
        ]

    def by_id(self, id_: str) -> Element:
        [one] = [one for one in self.elements if one.given.get("id") == id_]
        return one

    def sent(self) -> MultiDict[str, str]:
        """The successful controls, as HTML says: line breaks as a browser sends them."""
        fields: MultiDict[str, str] = MultiDict()
        for one in self.elements:
            name = one.given.get("name")
            if not name or "disabled" in one.given:
                continue
            if one.tag == "input":
                ticks = one.given.get("type") == "checkbox"
                if not ticks or "checked" in one.given:
                    fields.add(name, (one.given.get("value") or "").replace("\n", "").replace("\r", ""))
            elif one.tag == "textarea":
                fields.add(name, one.text.removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n"))
            elif one.tag == "select":
                chosen = [o for o in one.options if "selected" in o.given] or one.options[:1]
                fields.add(name, chosen[-1].given["value"] or "")
        return fields
