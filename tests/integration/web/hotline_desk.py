"""Two months of a hotline whose system exports headings of its own, and the operator's person."""

from __future__ import annotations

from datetime import date

from tests.integration.web.operator_desk import make_person
from tests.small_scheme import channel, draft_period, names_of, open_draft, scheme_of

OPERATOR = "热线办"
JANUARY, FEBRUARY = "2026-01", "2026-02"
HEADINGS = "诉求流水,主办部门名称,来电人,受理登记时刻,实际办结日,回访了没有,接通了没有,满意程度"
SCHEME = scheme_of(
    channel(
        "hotline",
        "热线办件",
        "60",
        '{ preset = "three_rate", n_min = 1, sub_score_decimals = 2 }',
        operator=OPERATOR,
        plugin="hotline",
    ),
    channel(
        "poll",
        "网上测评",
        "20",
        '{ preset = ["100/80/60/0", "survey"], unscored = ["no_opinion"], shown_as = "rate" }',
        operator=OPERATOR,
        plugin="web_poll",
    ),
    channel("law", "依法行政", "20", '{ scale = "5" }', operator="法制办"),
    key="hotline",
)
CHOSEN = ("case", "unit", "-", "accepted_at", "closed_at", "followed_up", "reached", "opinion")


def make_hotline() -> None:
    """Both periods, open, and an account of the operator."""
    for key, first, last in (
        (JANUARY, date(2026, 1, 1), date(2026, 1, 31)),
        (FEBRUARY, date(2026, 2, 1), date(2026, 2, 28)),
    ):
        draft_period(SCHEME, names_of(2), key, starts_on=first, ends_on=last)
        open_draft(key)
    make_person("hotline", OPERATOR)


def files_of(period: str) -> str:
    """The page on which files of a period are sent."""
    return f"/deliveries/{period}/hotline/hotline"


def exported(month: str, *opinions: str) -> bytes:
    """An export with one case a line, in the words of the hotline's own system."""
    lines = [
        f"SQ{month}{n:02},市第{1 + n % 2}局,张三,2026-{month}-0{n} 09:00,2026-{month}-1{n},是,是,{opinion}"
        for n, opinion in enumerate(opinions, 1)
    ]
    return "\n".join([HEADINGS, *lines]).encode()
