"""What the facts of case handling are called, and the states and measures of cases."""

from __future__ import annotations

from collections.abc import Mapping

from pingyi.channels import Text

MEASURE_TITLES: Mapping[str, Text] = {
    "*_n": Text(zh="{word}样本", en="{word} cases"),
    "*_rate": Text(zh="{word}率", en="{word} rate"),
    "*_score": Text(zh="{word}得分", en="{word} score"),
    "*_count": Text(zh="{word}次数", en="{word} count"),
    "*_deducted": Text(zh="{word}扣分", en="{word} deducted"),
}
FACT_TITLES: Mapping[str, Text] = {"accepted": Text(zh="受理", en="accepted"), **MEASURE_TITLES}
WORDS: Mapping[str, Text] = {
    "accepted": Text(zh="受理", en="accepted"),
    "closed": Text(zh="办结", en="closed"),
    "signed": Text(zh="签收", en="signed"),
    "sign_due": Text(zh="应签收", en="due for signing"),
    "signed_on_time": Text(zh="按时签收", en="signed on time"),
    "due": Text(zh="到期", en="due"),
    "on_time": Text(zh="按期办结", en="on time"),
    "followed_up": Text(zh="已回访", en="followed up"),
    "reached": Text(zh="回访成功", en="reached"),
    "resolved": Text(zh="解决", en="resolved"),
    "satisfied": Text(zh="满意", en="satisfied"),
}
OPINION_WORDS: Mapping[str, Text] = {
    "very_satisfied": Text(zh="非常满意", en="very satisfied"),
    "satisfied": Text(zh="满意", en="satisfied"),
    "basic": Text(zh="基本满意", en="fairly satisfied"),
    "fairly_satisfied": Text(zh="较满意", en="fairly satisfied"),
    "dissatisfied": Text(zh="不满意", en="dissatisfied"),
    "very_dissatisfied": Text(zh="非常不满意", en="very dissatisfied"),
}
ALSO_OPINIONS: Mapping[str, str] = {
    "很满意": "very_satisfied",
    "比较满意": "basic",
    "一般": "basic",
    "很不满意": "very_dissatisfied",
}
NO_OPINION = frozenset({"未评价", "未评", "未作评价", "无评价", "未表态", "not rated"})
"""What exports say where nobody was asked or nobody answered: no opinion was given."""
ALSO_MEASURES: Mapping[str, str] = {
    **{f"{title.zh}率": key for key, title in {**WORDS, **OPINION_WORDS}.items()},
    "按时办结": "on_time",
    "按时办结率": "on_time",
    "及时签收率": "signed_on_time",
    "回访": "followed_up",
    "回访率": "followed_up",
    "联系上": "reached",
    "已解决": "resolved",
}
"""Other words for measures, their rates above all."""
