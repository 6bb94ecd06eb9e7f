"""The public bundle of a period as one file, and the program that checks it."""

from __future__ import annotations

from flask import Response, send_file
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.bundles.export import verifier
from pingyi.services.bundles.offer import offered_bundle
from pingyi.site.views import blueprint
from pingyi.web.policy import PUBLIC, policy


@blueprint.get("/periods/<period>/bundle.zip")
@policy(PUBLIC)
def bundle(period: str) -> AnyResponse:
    """Everything that is needed to check the period's result; bundle_in_making (404) until it is there."""
    with transaction() as connection:
        path = offered_bundle(connection, period)
    if path is None:
        raise Problem("bundle_in_making", 404, _IN_MAKING)
    name = f"pingyi-{period}.zip"
    try:
        answer = send_file(path, "application/zip", as_attachment=True, download_name=name, conditional=True)
    except FileNotFoundError:  # the next revision's took its place just now
        raise Problem("bundle_in_making", 404, _IN_MAKING) from None
    answer.headers["Cache-Control"] = "no-cache"
    return answer


_IN_MAKING = Text(
    zh="公开数据包正在生成，一般不到一分钟；请稍后刷新。",
    en="The public bundle is being made, which takes less than a minute; please come back shortly.",
)


@blueprint.get("/verify.py")
@policy(PUBLIC)
def verify_program() -> AnyResponse:
    """The checking program by itself, for whoever wants it from another place than the bundle."""
    answer = Response(verifier(), content_type="text/x-python; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="verify.py"'
    answer.headers["Cache-Control"] = "no-cache"
    return answer
