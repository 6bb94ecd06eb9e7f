"""What invitations and reminders say, in Chinese and then in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pingyi.channels import Text

Words = tuple[Text, Text]
"""Subject and body, with places for `title`, `channel`, `last`, and `link` or `share`."""

INVITATION: Final[Words] = (
    Text(zh="邀请您参加“{title}”", en="You are invited to rate: {title}"),
    Text(
        zh="您好！\n\n"
        "邀请您参加“{title}”的{channel}，{last}截止。请在手机或电脑上打开您的票卡链接：\n\n"
        "{link}\n\n"
        "可以分几次填写，提交以后不能修改。链接只能投一次票，请不要转发。\n"
        "票卡是随机分发的，没有人记录谁拿到哪一张；投票不记名，谁也看不到您选了什么。\n"
        "本邮件由系统发出，请不要回复。",
        en="Good day,\n\n"
        "you are invited to take part in {title}, {channel}, until {last}. Open the link of your card on a "
        "phone or computer:\n\n"
        "{link}\n\n"
        "You can fill it in bit by bit; once submitted it cannot be changed. The link casts one ballot: "
        "please do not pass it on.\n"
        "Cards are dealt at random and nobody keeps who got which; the ballot is secret, and nobody can see "
        "what you chose.\n"
        "This message was sent by a program; please do not answer it.",
    ),
)
REMINDER: Final[Words] = (
    Text(zh="提醒：“{title}”{last}截止", en="Reminder: {title} ends on {last}"),
    Text(
        zh="您好！\n\n"
        "“{title}”的{channel}到{last}截止，目前已收回 {share} 的票。\n"
        "还没有提交的，请用您手里的票卡链接完成；已经提交的，不用理会本邮件，谢谢您！\n"
        "投票不记名，我们不知道谁已经提交，所以本邮件发给每一位。\n"
        "本邮件由系统发出，请不要回复。",
        en="Good day,\n\n"
        "{title}, {channel}, ends on {last}; {share} of the ballots have come in so far.\n"
        "If you have not submitted yours, please use the link of your card. If you have, there is nothing to "
        "do: thank you.\n"
        "The ballot is secret and we do not know who has submitted, so this goes to everybody.\n"
        "This message was sent by a program; please do not answer it.",
    ),
)
TRIAL: Final[Words] = (
    Text(zh="评议系统试发邮件", en="A test letter of the evaluation"),
    Text(
        zh="您好！\n\n这是评议系统的试发邮件：收到它，说明邀请和提醒可以发到您的邮箱。不用回复。",
        en="Good day,\n\nthis is a test letter of the evaluation: it arrived, so invitations and reminders "
        "can reach you. There is nothing to do.",
    ),
)


def write(words: Words, values: Mapping[str, Text | str]) -> tuple[str, str]:
    """Subject (one line) and body of a letter, in both languages."""
    subjects, bodies = [], []
    for language in ("zh", "en"):
        given = {name: one.get(language) if isinstance(one, Text) else one for name, one in values.items()}
        subject, body = (part.get(language).format(**given) for part in words)
        subjects.append(" ".join(subject.split()))
        bodies.append(body)
    return " / ".join(subjects), "\n\n--\n\n".join(bodies) + "\n"
