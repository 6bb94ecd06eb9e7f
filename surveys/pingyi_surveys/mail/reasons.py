"""Why a mail server takes no letters at all, in sentences that say what to do."""

from __future__ import annotations

from typing import Final

from pingyi.channels import Text
from pingyi_surveys.mail.connection import StoppedError


def why_stopped(reason: StoppedError) -> Text:
    """What the mail server said, or did not, so that nothing can be sent; and what to do."""
    return _STOPPED[reason.stage].format(answer=str(reason.answer))


_STOPPED: Final = {
    "connect": Text(
        zh="邮件服务器连不上，或不再接收：{answer}。",
        en="The mail server is out of reach or takes no more: {answer}.",
    ),
    "secrecy": Text(
        zh="与邮件服务器的连接无法加密，为保护票卡不发信：{answer}。请核对 PINGYI_SMTP_TLS 和 "
        "PINGYI_SMTP_CA，或换用支持加密的服务器。",
        en="The connection to the mail server cannot be encrypted, and cards do not travel in the "
        "clear: {answer}. Look at PINGYI_SMTP_TLS and PINGYI_SMTP_CA, or take a server that has TLS.",
    ),
    "login": Text(
        zh="邮件服务器不让登录，或要求登录：{answer}。请核对 PINGYI_SMTP_USER 和密码。",
        en="The mail server refused the login or wants one: {answer}. Look at PINGYI_SMTP_USER and "
        "its password.",
    ),
    "sender": Text(
        zh="邮件服务器不接受这个发件人：{answer}。请核对 PINGYI_MAIL_FROM。",
        en="The mail server does not take this sender: {answer}. Look at PINGYI_MAIL_FROM.",
    ),
}
