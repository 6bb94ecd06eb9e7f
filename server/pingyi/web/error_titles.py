"""What the statuses are called, and the sentences for failures that no service words."""

from __future__ import annotations

from http import HTTPStatus

from pingyi.channels import Text

FORM_EXPIRED = Text(
    zh="页面已过期或表单校验未通过。请返回上一页，刷新后重新提交；什么也没有保存。",
    en="The page has expired or its form could not be verified; nothing was saved. Reload and submit again.",
)
DATABASE_AWAY = Text(
    zh="数据库暂时不可用。请稍后重试；报送接口请使用同一个 Idempotency-Key 重试。",
    en="The database is away. Try again shortly; intake requests retry with the same Idempotency-Key.",
)
INTERNAL = Text(
    zh="系统内部出错，已记入日志。请稍后重试；如仍出错，请联系评议办公室并告知时间。",
    en="Something failed inside; it has been logged. Try again later, or tell the office when it happened.",
)

_TITLES = {
    400: Text(zh="请求有误", en="Bad request"),
    401: Text(zh="需要登录", en="Not signed in"),
    403: Text(zh="没有权限", en="Forbidden"),
    404: Text(zh="没有找到", en="Not found"),
    405: Text(zh="不支持的方法", en="Method not allowed"),
    409: Text(zh="状态冲突", en="Conflict"),
    413: Text(zh="请求过大", en="Request too large"),
    415: Text(zh="不支持的格式", en="Unsupported media type"),
    422: Text(zh="内容不符合要求", en="Unprocessable content"),
    423: Text(zh="周期未开放", en="Not open"),
    429: Text(zh="请求过于频繁", en="Too many requests"),
    500: Text(zh="内部错误", en="Internal error"),
    503: Text(zh="暂时不可用", en="Unavailable"),
}

_OF_STATUS = {
    400: ("bad_request", Text(zh="请求无法理解，请检查格式。", en="The request could not be understood.")),
    401: ("not_signed_in", Text(zh="请先登录或提供有效的密钥。", en="Sign in or send a valid key.")),
    403: ("forbidden", Text(zh="您没有此项操作的权限。", en="Your rights do not cover this.")),
    404: (
        "not_found",
        Text(zh="这个地址没有内容，请检查链接。", en="There is nothing at this address; check the link."),
    ),
    405: (
        "method_not_allowed",
        Text(zh="这个地址不支持该请求方法。", en="This address does not support the method."),
    ),
    413: (
        "body_too_large",
        Text(zh="请求内容过大，请分批发送。", en="The request is too large; send it in smaller parts."),
    ),
    415: (
        "unsupported_media_type",
        Text(zh="请以 application/json 发送。", en="Send the content as application/json."),
    ),
    422: ("invalid", Text(zh="内容不符合要求，详见各项。", en="Some content is not valid; see the errors.")),
    429: (
        "too_many_requests",
        Text(zh="请求过于频繁，请稍后重试。", en="Too many requests; try again later."),
    ),
}


def title_of(status: int) -> Text:
    """A short name of a status; its standard English name where we have none."""
    if status in _TITLES:
        return _TITLES[status]
    phrase = HTTPStatus(status).phrase
    return Text(zh=phrase, en=phrase)


def of_status(status: int) -> tuple[str, Text]:
    """The stable code and the sentence for an HTTP error that no service worded."""
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "internal_error", INTERNAL
    return HTTPStatus(status).name.lower(), title_of(status)
