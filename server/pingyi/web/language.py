"""The language of a request: asked for in the address, remembered in a cookie, or the browser's wish."""

from __future__ import annotations

from flask import Response, request
from werkzeug.datastructures import LanguageAccept

from pingyi.channels import Text

COOKIE = "lang"
_CHOSEN = "pingyi.language"
LANGUAGES = ("zh", "en")
TAGS = {"zh": "zh-Hans", "en": "en"}
_YEAR = 365 * 24 * 3600


def language() -> str:
    """ "zh" or "en"; Chinese where nothing says otherwise."""
    if _CHOSEN not in request.environ:
        request.environ[_CHOSEN] = _choose()
    return str(request.environ[_CHOSEN])


def say(message: Text) -> str:
    """A message in the language of this request."""
    return message.get(language())


def both(zh: str, en: str) -> str:
    """The one of two wordings that is in the language of this request; for templates."""
    return en if language() == "en" else zh


def remember_language(response: Response) -> Response:
    """Keep a choice made in the address, and tell caches that pages differ by it."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES and not request.path.startswith("/api/"):
        secure = request.is_secure
        response.set_cookie(COOKIE, asked, max_age=_YEAR, httponly=True, samesite="Lax", secure=secure)
    if request.endpoint != "static":
        response.vary.update(("Accept-Language", "Cookie"))
    return response


def _choose() -> str:
    for given in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if given in LANGUAGES:
            return given
    wishes: LanguageAccept = request.accept_languages
    for tag, _quality in wishes:
        primary = tag.lower().partition("-")[0]
        if primary in LANGUAGES:
            return primary
    return "zh"
