"""What the templates of results call."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from pingyi.channels import Text
from pingyi.domain.scheme.values import Scheme
from pingyi.services.periods.adjustments import ADJUSTMENT_TITLES
from pingyi.site.labels import (
    BOTH_RANKINGS,
    GRADE_TITLES,
    STATE_TITLES,
    VERIFIED,
    WITH_HELD,
    plain,
    signed,
)

_MISSING: Mapping[str, Text] = {
    "reallocate": Text(
        zh="未计分渠道的分值按方案先在本组内、再在全部渠道间按比例折算。",
        en="What is not rated is spread over the rest of its group, then over the total, as the scheme says.",
    ),
    "reallocate_flat": Text(
        zh="未计分渠道的分值按方案在全部已计分渠道间按比例折算。",
        en="What is not rated is spread over all rated channels, as the scheme says.",
    ),
    "category_mean": Text(
        zh="未计分渠道按方案以同类单位均值计入。",
        en="What is not rated counts with the mean of its category, as the scheme says.",
    ),
    "zero": Text(zh="未计分渠道按方案计零分。", en="What is not rated counts as zero, as the scheme says."),
}


def register(blueprint: Blueprint) -> None:
    """Make the phrases known to every template of the application."""
    blueprint.add_app_template_filter(plain, "plain")
    blueprint.add_app_template_filter(signed, "signed")
    for phrase in (adjustment_title, full_marks, grade_title, missing_policy, state_title):
        blueprint.add_app_template_global(phrase)
    for words in (both_rankings, verified, with_held):
        blueprint.add_app_template_global(words)


def adjustment_title(kind: str) -> Text:
    """What a kind of adjustment is called."""
    return ADJUSTMENT_TITLES[kind]


def both_rankings() -> Text:
    """What the ranking with held evidence is beside the one without."""
    return BOTH_RANKINGS


def verified() -> Text:
    """Names the ranking without held evidence."""
    return VERIFIED


def with_held() -> Text:
    """Names the ranking with held evidence."""
    return WITH_HELD


def full_marks(scheme: Scheme) -> str:
    """The full marks without needless zeros."""
    return plain(scheme.full_marks)


def grade_title(scheme: Scheme, grade: str) -> Text:
    """What a grade is called: by the scheme, else by the words we know, else by its key."""
    titles: Mapping[str, Text] = scheme.grades.titles if scheme.grades else {}
    return titles.get(grade) or GRADE_TITLES.get(grade) or Text(zh=grade, en=grade)


def missing_policy(scheme: Scheme) -> Text:
    """What the scheme does about channels that are not rated."""
    return _MISSING[scheme.policies.missing]


def state_title(state: str) -> Text:
    """What a period's state is called."""
    return STATE_TITLES[state]
