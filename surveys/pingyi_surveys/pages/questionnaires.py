"""Addresses of questionnaires as they were before questionnaires were documents: they lead there."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.roles import OFFICE_READERS
from pingyi.web.policy import policy
from pingyi_surveys.questionnaires.kind import QUESTIONNAIRES

ALL: Final = "/office/questionnaires"
ONE: Final = f"{ALL}/<key:key>/<int(max=9999):version>"
blueprint = Blueprint("questionnaire_pages", __name__)


@blueprint.get(ALL)
@policy(*OFFICE_READERS)
def index() -> AnyResponse:
    """All questionnaires."""
    return redirect(url_for("console.documents", kind=QUESTIONNAIRES.key), 301)


@blueprint.get(ONE)
@policy(*OFFICE_READERS)
def show(key: str, version: int) -> AnyResponse:
    """One version."""
    address = url_for("console.document", kind=QUESTIONNAIRES.key, key=key, version=version)
    return redirect(address, 301)


@blueprint.get(f"{ONE}/file")
@policy(*OFFICE_READERS)
def file(key: str, version: int) -> AnyResponse:
    """The version's document, to be saved."""
    address = url_for("console.document_file", kind=QUESTIONNAIRES.key, key=key, version=version)
    return redirect(address, 301)
