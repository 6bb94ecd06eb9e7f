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
