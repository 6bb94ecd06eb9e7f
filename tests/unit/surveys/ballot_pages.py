"""Ballots to render and to read, and what a page of HTML holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from pingyi.channels import Text
from pingyi_surveys.casting.ballot_pages import BallotPage, QuestionGroup, pages
from pingyi_surveys.casting.page_html import ROSTER_NOTICE, Frame, PageProgress
from pingyi_surveys.questionnaires.questionnaire import (
    Questionnaire,
    parse_questionnaire,
    ready_questionnaire,
)

DEPARTMENTS = Text(zh="政府部门", en="Government departments")
SERVICES = Text(zh="公共服务行业", en="Public services")
SITE = Text(zh="马鞍山市政风行风评议", en="Ma'anshan conduct review")
PERIOD = Text(zh="2017 年度", en="2017")
NONCE = {"nonce": "Zm9yIHRoZSBsZW5ndGggb2YgYSBzaWduZWQgbm9uY2U" * 2}
ROSTER = (
    QuestionGroup(category="departments", title=DEPARTMENTS, units=tuple(f"市第{n}局" for n in range(1, 33))),
    QuestionGroup(category="services", title=SERVICES, units=tuple(f"市第{n}公司" for n in range(33, 85))),
)


def ready(key: str) -> Questionnaire:
    return parse_questionnaire(ready_questionnaire(key))


def open_sheet(key: str = "conduct-five-levels", unit: str = "市公安局") -> BallotPage:
    group = QuestionGroup(category="departments", title=DEPARTMENTS, units=(unit,))
    return BallotPage(questionnaire=ready(key), groups=(group,))


def open_frame(**more: str) -> Frame:
    return Frame(
        site=SITE,
        period=PERIOD,
        action="/s/form",
        style="/ballot.css",
        hidden=NONCE,
        window=more.get("window", "出入境管理窗口"),
        about=more.get("about", "/s/about"),
    )


def roster_sheets(key: str = "roster-three-levels") -> tuple[BallotPage, ...]:
    return pages(ready(key), ROSTER)


def roster_frame(page: int, answered: int = 0, label: Text | None = None) -> Frame:
    return Frame(
        site=SITE,
        period=PERIOD,
        action=f"/s/card/{page}",
        style="/ballot.css",
        hidden=NONCE,
        title=Text(zh="市人大代表测评", en="Deputies' ballot"),
        notice=ROSTER_NOTICE,
        label=label,
        progress=PageProgress(page=page, pages=4, answered=answered, questions=84),
    )


@dataclass
class Found(HTMLParser):
    """The elements of a page with their attributes, its text and the text of its text area."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    typed: str = ""
    within: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.within = tag

    def handle_data(self, data: str) -> None:
        if self.within == "textarea":
            self.typed += data
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.within = self.within.removesuffix(tag)

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        return [given for name, given in self.elements if name == tag and attributes.items() <= given.items()]


def read(html: str) -> Found:
    found = Found()
    found.feed(html)
    found.close()
    return found
