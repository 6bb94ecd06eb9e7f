"""What statuses, kinds of adjustment and named facts are called."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pingyi.channels import Text, word
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

_FACTS: Mapping[str, Text] = {
    "mark": Text(zh="评分", en="mark"),
    "grade": Text(zh="等次", en="grade"),
    "eligible": Text(zh="应参评", en="eligible"),
    "issued": Text(zh="发出", en="issued"),
    "returned": Text(zh="收回", en="returned"),
    "valid": Text(zh="有效", en="valid"),
    "spread": Text(zh="极差", en="spread"),
    "dropped": Text(zh="去掉的极端分", en="marks dropped"),
    "attended": Text(zh="上线", en="attended"),
    "accepted": Text(zh="受理", en="accepted"),
    "closed": Text(zh="办结", en="closed"),
    "sign_due": Text(zh="应签收", en="due for signing"),
    "signed_on_time": Text(zh="按时签收", en="signed on time"),
    "due": Text(zh="到期", en="due"),
    "on_time": Text(zh="按期办结", en="on time"),
    "followed_up": Text(zh="已回访", en="followed up"),
    "reached": Text(zh="回访成功", en="reached"),
    "resolved": Text(zh="解决", en="resolved"),
    "very_satisfied": Text(zh="非常满意", en="very satisfied"),
    "satisfied": Text(zh="满意", en="satisfied"),
    "basic": Text(zh="基本满意", en="fairly satisfied"),
    "fair": Text(zh="一般", en="fair"),
    "average": Text(zh="一般", en="average"),
    "dissatisfied": Text(zh="不满意", en="dissatisfied"),
    "unsatisfied": Text(zh="不满意", en="unsatisfied"),
    "no_opinion": Text(zh="不了解", en="no opinion"),
    "excellent": Text(zh="优秀", en="excellent"),
    "good": Text(zh="良好", en="good"),
    "pass": Text(zh="合格", en="pass"),
    "fail": Text(zh="不合格", en="fail"),
    "overall": Text(zh="总体", en="overall"),
    "law": Text(zh="依法行政", en="lawfulness"),
    "conduct": Text(zh="工作作风", en="conduct"),
    "attitude": Text(zh="服务态度", en="attitude"),
    "efficiency": Text(zh="办事效率", en="efficiency"),
    "integrity": Text(zh="廉洁自律", en="integrity"),
    "openness": Text(zh="政务公开", en="openness"),
    "management": Text(zh="内部管理", en="management"),
}
_SUFFIXES: Mapping[str, tuple[Text, str]] = {
    "_n": (Text(zh="样本", en=" cases"), ""),
    "_share": (Text(zh="率", en=" share"), "%"),
    "_rate": (Text(zh="率", en=" rate"), "%"),
    "_score": (Text(zh="得分", en=" score"), ""),
    "_points": (Text(zh="得分", en=" points"), ""),
}


def ordered_facts(facts: Mapping[str, str]) -> list[tuple[Text, Text]]:
    """Facts as they are shown: ballots before shares, and what belongs to one measure side by side."""
    return [(fact_title(name), fact_value(name, facts[name])) for name in sorted(facts, key=_place)]


def _place(name: str) -> tuple[int, str, int]:
    known, suffixes = list(_FACTS), list(_SUFFIXES)
    suffix = next((suffix for suffix in suffixes if name.endswith(suffix)), "")
    stem = name.removesuffix(suffix)
    position = known.index(stem) if stem in known else len(known)
    return position, stem, suffixes.index(suffix) if suffix else -1


def fact_title(name: str) -> Text:
    """What a fact is called; a name that we do not know stands as it is."""
    if name in _FACTS:
        return _FACTS[name]
    for suffix, (words, _) in _SUFFIXES.items():
        if name.endswith(suffix):
            stem = fact_title(name.removesuffix(suffix))
            return Text(zh=stem.zh + words.zh, en=stem.en + words.en)
    spaced = name.replace("_", " ")
    return Text(zh=spaced, en=spaced)


def fact_value(name: str, value: str) -> Text:
    """A printed fact with its sign; a word that we know in both languages."""
    if value in _FACTS:
        return _FACTS[value]
    sign = next((sign for suffix, (_, sign) in _SUFFIXES.items() if name.endswith(suffix)), "")
    return Text(zh=value + sign, en=value + sign)


def plain(number: Decimal) -> str:
    """Points without needless zeros: 10, 2.5."""
    return word(number)


def signed(spelling: str) -> str:
    """An adjustment as it is shown: "−1.00", "+0.50", and a dash where nothing was adjusted."""
    number = Decimal(spelling or "0")
    if not number:
        return "—"
    return f"+{spelling}" if number > 0 else f"−{spelling.lstrip('-')}"
