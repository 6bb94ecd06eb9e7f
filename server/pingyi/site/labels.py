"""What statuses, kinds of adjustment, grades and facts are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pingyi.channels import Channel, Settings, Text, word
from pingyi.channels.facts import fact_place, fact_title, fact_value, own_name
from pingyi.channels.own_words import own_titles
from pingyi.domain.period_state import PeriodState

STATUS_TITLES: Mapping[str, Text] = {
    "ok": Text(zh="已计分", en="rated"),
    "no_cases": Text(zh="本期无此类事项，不计分", en="no cases in this period"),
    "too_few": Text(zh="样本不足，不计分", en="too few answers to be rated"),
    "below_quorum": Text(zh="收回票数未达法定比例，不计分", en="too few ballots came back for the quorum"),
    "void": Text(zh="收回多于发出，测评无效", en="void: more came back than was issued"),
    "inconsistent": Text(zh="报送数据自相矛盾，不计分", en="the figures contradict each other"),
    "not_submitted": Text(zh="渠道单位未报送", en="not submitted by the operator"),
    "quarantined": Text(zh="全部票据待复核，暂不计分", en="all evidence is held for review"),
    "switched_off": Text(zh="本类别不适用此渠道", en="not used in this category"),
}

RESULT_TITLES: Mapping[str, Text] = {
    "ranked": Text(zh="已排名", en="Ranked"),
    "needs_decision": Text(zh="并列待裁定", en="Tie to be decided"),
    "not_ranked": Text(zh="不参加排名", en="Not ranked"),
    "veto": Text(zh="一票否决", en="Veto"),
    "disqualified": Text(zh="取消评议资格", en="Disqualified"),
}

REVIEW = Text(zh="复核", en="to be reviewed")
WITH_HELD = Text(zh="含待核查票", en="Held included")
VERIFIED = Text(zh="已核实票", en="Verified only")
BOTH_RANKINGS = Text(
    zh="名次和总分只计已核实票；“含待核查票”是把待核查票也计入后的总分和名次，两种名次不同的单位标“复核”。",
    en="Ranks and totals count verified evidence only; the figures with held included also count held"
    " evidence. A unit whose two ranks differ is flagged to be reviewed.",
)

STATE_TITLES: Mapping[str, Text] = {
    PeriodState.DRAFT: Text(zh="筹备中", en="Draft"),
    PeriodState.OPEN: Text(zh="报送中", en="Open"),
    PeriodState.CLOSED: Text(zh="已截止", en="Closed"),
    PeriodState.ASSESSED: Text(zh="已计算", en="Assessed"),
    PeriodState.PUBLISHED: Text(zh="已公布", en="Published"),
    PeriodState.ARCHIVED: Text(zh="已归档", en="Archived"),
}

GRADE_TITLES: Mapping[str, Text] = {
    "excellent": Text(zh="优秀", en="excellent"),
    "good": Text(zh="良好", en="good"),
    "pass": Text(zh="合格", en="pass"),
    "fail": Text(zh="不合格", en="fail"),
    "satisfied": Text(zh="满意", en="satisfied"),
    "basic": Text(zh="基本满意", en="fairly satisfied"),
    "fair": Text(zh="一般", en="fair"),
    "average": Text(zh="一般", en="average"),
    "dissatisfied": Text(zh="不满意", en="dissatisfied"),
}

_PERCENT = ("_share", "_rate")


def ordered_facts(
    channel: Channel | None, facts: Mapping[str, str], settings: Settings
) -> list[tuple[Text, Text]]:
    """The facts of a score as they are shown, titles and order by the channel that made them.

    What `settings` call a key goes before the channel's own word for it. A fact without a title stands under
    its own name; so does every fact of a channel that is gone (None).
    """
    titled = FactWords(channel, own_titles(settings))
    return [(title, titled.value(name, facts[name])) for name, title in titled.columns(facts)]


@dataclass(frozen=True, slots=True)
class FactWords:
    """What the facts of a channel (None: it is gone) are called; `own`: what the scheme calls keys."""

    channel: Channel | None
    own: Mapping[str, Text]

    def columns(self, names: Iterable[str]) -> list[tuple[str, Text]]:
        """The names in the order in which facts are shown, each with its title."""
        channel = self.channel
        if channel is None:
            return [(name, own_name(name)) for name in sorted(names)]
        ordered = sorted(names, key=lambda name: fact_place(channel, name))
        return [(name, fact_title(channel, name, self.own) or own_name(name)) for name in ordered]

    def value(self, name: str, value: str) -> Text:
        """A printed fact: a key in words, a percentage with its sign, anything else as it is."""
        said = fact_value(self.channel, name, value, self.own) if self.channel else None
        return said or _own_value(name, value)


def _own_value(name: str, value: str) -> Text:
    """A printed fact, with its sign where the name says that it is one of a hundred."""
    shown = f"{value}%" if name.endswith(_PERCENT) else value
    return Text(zh=shown, en=shown)


def plain(number: Decimal) -> str:
    """Points without needless zeros: 10, 2.5."""
    return word(number)


def signed(spelling: str) -> str:
    """An adjustment as it is shown: "−1.00", "+0.50", and a dash where nothing was adjusted."""
    number = Decimal(spelling or "0")
    if not number:
        return "—"
    return f"+{spelling}" if number > 0 else f"−{spelling.lstrip('-')}"
