"""What the facts of ballots are called, and the options, grades and dimensions that notices use."""

from __future__ import annotations

from collections.abc import Mapping

from pingyi.channels import Text

FACT_TITLES: Mapping[str, Text] = {
    "grade": Text(zh="等次", en="grade"),
    "eligible": Text(zh="应参评", en="eligible"),
    "issued": Text(zh="发出", en="issued"),
    "returned": Text(zh="收回", en="returned"),
    "valid": Text(zh="有效", en="valid"),
    "*_share": Text(zh="{word}率", en="{word} share"),
    "*_score": Text(zh="{word}得分", en="{word} score"),
}
WORDS: Mapping[str, Text] = {
    "no_answer": Text(zh="未作答", en="no answer"),
    "invalid": Text(zh="无效票", en="invalid"),
    "withheld": Text(zh="不予公开", en="withheld"),
    "issued": Text(zh="发出", en="issued"),
    "returned": Text(zh="收回", en="returned"),
    "very_satisfied": Text(zh="非常满意", en="very satisfied"),
    "satisfied": Text(zh="满意", en="satisfied"),
    "fairly_satisfied": Text(zh="较满意", en="fairly satisfied"),
    "basic": Text(zh="基本满意", en="fairly satisfied"),
    "fair": Text(zh="一般", en="fair"),
    "average": Text(zh="一般", en="average"),
    "dissatisfied": Text(zh="不满意", en="dissatisfied"),
    "very_dissatisfied": Text(zh="非常不满意", en="very dissatisfied"),
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
ALSO: Mapping[str, str] = {
    "很满意": "very_satisfied",
    "比较满意": "fairly_satisfied",
    "很不满意": "very_dissatisfied",
    "弃权": "no_answer",
    "未选": "no_answer",
    "无效": "invalid",
    "不清楚": "no_opinion",
    "发出票数": "issued",
    "收回票数": "returned",
    "总体评价": "overall",
}
"""Other words for them."""
