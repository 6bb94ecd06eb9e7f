"""What validators say, in Chinese: a table from the English sentences to the Chinese ones."""

from __future__ import annotations

import re
from functools import cache

from pingyi.channels.text import Text

_TABLE = {
    "Missing data for required field.": "缺少必填项。",
    "Unknown field.": "没有这一项。",
    "Field may not be null.": "不能为空。",
    "Invalid input type.": "格式不对：应为一组“项目=值”。",
    "Invalid type.": "类型不对。",
    "Not a valid string.": "不是文字。",
    "Not a valid boolean.": "不是“是”或“否”。",
    "Not a valid list.": "不是列表。",
    "Not a valid mapping type.": "不是一组“项目=值”。",
    "Must be one of: {choices}.": "只能是：{choices}。",
    "Must be greater than or equal to {min}.": "不能小于{min}。",
    "Must be greater than or equal to {min} and less than or equal to {max}.": "应在{min}到{max}之间。",
    "Must be greater than {min}.": "必须大于{min}。",
    "Must be greater than {min} and less than or equal to {max}.": "必须大于{min}，不超过{max}。",
    "Must be less than or equal to {max}.": "不能大于{max}。",
    'Not a plain decimal number such as "92.5".': "不是普通小数（如“92.5”）。",
    "Not a whole number of 0 or more.": "不是0或正整数。",
    'Not a month such as "2017-03".': "不是月份（如“2017-03”）。",
    'Not a time such as "2017-03-01T09:30:00+08:00" or a date.':
        "不是时间（如“2017-03-01T09:30:00+08:00”）或日期。",
    'Not a key of letters, digits, "_" and "-".': "代号只能用字母、数字、“_”和“-”。",
    "Longer than {limit} characters.": "超过{limit}个字。",
    "Contains a control character.": "含有控制字符。",
    "Unknown preset; known here: {known}.": "没有这个预设；可用：{known}。",
    "Above the scale of {scale}.": "超过满分{scale}。",
    "More than {decimals} decimals.": "小数位多于{decimals}位。",
    "Evidence is required here.": "此处必须写明依据。",
    "Options of equal worth cannot tell units apart.": "各选项分值相同，分不出高低。",
    "These words have a meaning of their own: {words}.": "这些代号另有含义，不能用作计分选项：{words}。",
    "The weights must sum to 1.": "权重之和必须等于1。",
    "An option is either scored or not.": "同一选项不能既计分又不计分。",
    "An option stands here twice.": "选项重复。",
    "Shown as a rate, the best option must be worth 100 and the worst 0; otherwise it is a score.":
        "公布为“率”时，最好的选项须为100，最差的须为0；否则只能称为“得分”。",
    'Give either "over" or "at_least".': "“over”（超过）和“at_least”（不少于）须选一项。",
    'A grade needs "options", "of", and either "over" or "at_least".':
        "等次要写明“options”（选项）、“of”（基数），并在“over”和“at_least”中选一项。",
    "The last grade, and only the last, stands without a threshold.": "最后一个等次不设门槛，其余都要设。",
    "A grade stands here twice.": "等次重复。",
    "No such option: {options}.": "没有这些选项：{options}。",
    "Issued and returned ballots have no dimension.": "发出、收回票数不分评议内容。",
    "Only issued and returned ballots may stand without a unit.": "只有发出、收回票数可以不写单位。",
    "Shorter than minimum length {min}.": "不能少于{min}。",
    "The floor must lie below the points.": "最低分必须小于满分。",
    'Give exactly one of "weights", "bands" and "events".':
        "“weights”（权重）、“bands”（分段）、“events”（扣分事项）须且只能选一项。",
    "A measure stands here twice.": "指标重复。",
    "Only a measure that is scored has a denominator here.": "只有计分的指标才在此写分母。",
    "A sub-score's full marks need more decimals than these.": "分项满分的小数位数多于所定位数。",
    "Credit counts towards satisfied, which is not scored here.": "折算计入满意率，而这里不计满意率。",
    "A key has one meaning: a measure, a credit or an event.": "同一代号只能是指标、折算或扣分事项之一。",
    "Not a source, nor a table from measures to sources.": "既不是来源，也不是“指标=来源”的一组设置。",
    "A measure cannot be its own denominator.": "指标不能以自己为分母。",
    "Single cases show only: {measures}.": "单件数据只能得出：{measures}。",
    "A measure without a usual denominator needs one.": "没有惯用分母的指标要写明分母。",
    "Only a measure that is scored has a source here.": "只有计分的指标才在此写来源。",
    "A case belongs to the period that accepted it; this is another one.":
        "办件属于受理时所在的周期；受理时间不在本周期。",
    "No such event; known here: {events}.": "没有这个扣分事项；可用：{events}。",
    "Before the case was accepted.": "早于受理时间。",
    "Who was reached was followed up.": "联系上的必须已回访。",
    "A resolution or an opinion comes from someone reached.": "已解决或有意见的，必须已联系上。",
    "This month lies outside the period.": "月份不在本周期内。",
    "This day lies outside the period.": "日期不在本周期内。",
    'An item has exactly one of "deduct", "veto" and "bonus".':
        "每项指标在“deduct”（扣分）、“veto”（否决）、“bonus”（加分）中须且只能选一项。",
    "A cap limits points, and is not below those of a single time.":
        "上限只用于扣分或加分，且不能低于单次的分数。",
    'Not a number of points, nor a table with "over" or "at_least".':
        "既不是分数，也不是只含“over”（超过）或“at_least”（不少于）的一组设置。",
    "An item stands here twice.": "指标重复。",
    "Items that only add leave every unit at full marks.": "只有加分项时，各单位都是满分，分不出高低。",
    "Where an item adds, say from which points on.": "有加分项时，要写明达到多少分才加分。",
    "No item adds anything here.": "这里没有加分项。",
    'Larger than "{column}".': "大于“{column}”。",
    "Sessions show only: {measures}.": "上线场次只能得出：{measures}。",
    "Attendance is counted of the sessions.": "上线率以场次为分母。",
    "Say what a deputy's and another's attendance is worth.":
        "要写明分管负责人（deputy）和其他人员（other）上线各折算多少。",
    "A deputy's attendance is worth no less than another's.": "分管负责人的折算不能低于其他人员。",
    "Credit counts towards attended, which is not scored here.": "折算计入上线率，而这里不计上线率。",
    "An event has a count alone.": "扣分事项只填件数（count）。",
    'Give either "count" with "of", or "rate".': "填“count”（件数）和“of”（总数），或者只填“rate”（率）。",
    'Larger than "of".': "大于总数（of）。",
    "A rate of nothing is not a rate.": "总数为0时没有率。",
}  # fmt: skip


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    found = []
    for english, chinese in _TABLE.items():
        if "{" in english:
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(english))
            found.append((re.compile(pattern, re.DOTALL), chinese))
    return sorted(found, key=lambda pair: -len(pair[0].pattern))


def translate(message: str) -> Text:
    """A validator's English sentence in both languages; a foreign "中文 / English" is split at the slash.

    An unknown sentence stands in both as it is.
    """
    if message in _TABLE:
        return Text(zh=_TABLE[message], en=message)
    for pattern, chinese in _patterns():
        match = pattern.fullmatch(message)
        if match:
            return Text(zh=chinese.format(**match.groupdict()), en=message)
    first, slash, second = message.partition(" / ")
    if slash and re.search("[\u4e00-\u9fff]", first):
        return Text(zh=first, en=second)
    return Text(zh=message, en=message)
