"""Files that prove entries: brought by the channel's operator, read by it and by the office."""

from __future__ import annotations

from flask import Response, request
from marshmallow import Schema, fields, validate

from pingyi.api.openapi import Resource
from pingyi.api.requests import delivering_caller
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.evidence.evidence import EvidenceFile, evidence_content, keep_evidence
from pingyi.services.evidence.files import ENDINGS
from pingyi.web.callers import require_caller
from pingyi.web.policy import EVIDENCE_READERS, OPERATOR

_BINARY = {"type": "string", "format": "binary"}
_FILE = {
    "required": True,
    "content": {"application/octet-stream": {"schema": _BINARY, "example": "依法行政考核通报第3条\n"}},
}

blp = Resource(
    "evidence",
    __name__,
    url_prefix="/periods/<key:period>/<key:plugin>/<key:channel>/evidence",
    description="佐证文件 / Evidence files",
)


class EvidenceSchema(Schema):
    """A file as it is kept; an entry refers to it by writing `reference` in its column `evidence`."""

    sha256 = fields.String(required=True, metadata={"pattern": "^[0-9a-f]{64}$"})
    size = fields.Integer(required=True)
    media_type = fields.String(required=True, validate=validate.OneOf(list(ENDINGS)))
    reference = fields.String(required=True, metadata={"pattern": "^sha256:[0-9a-f]{64}$"})


@blp.route("", methods=["POST"])
@blp.operation("post_evidence", OPERATOR, requestBody=_FILE)
@blp.response(201, EvidenceSchema)
def post_evidence(period: str, plugin: str, channel: str) -> tuple[EvidenceFile, int, dict[str, str]]:
    """Keep a file (PDF, PNG, JPEG, XLSX, DOCX or plain text; the body as it is) under its SHA-256.

    The same bytes are the same file. One that no entry refers to is removed after a day.
    """
    kept = keep_evidence(
        delivering_caller(), ChannelRef(period=period, channel=channel, plugin=plugin), request.get_data()
    )
    return kept, 201, {"Location": f"{request.path}/{kept.sha256}"}


@blp.route("/<digest:sha256>")
@blp.operation("get_evidence", OPERATOR, EVIDENCE_READERS)
@blp.response(200, _BINARY, content_type="application/octet-stream")
def get_evidence(period: str, plugin: str, channel: str, sha256: str) -> Response:
    """A file's bytes, to be saved and never shown in place."""
    place = ChannelRef(period=period, channel=channel, plugin=plugin)
    content, media_type = evidence_content(require_caller(), place, bytes.fromhex(sha256))
    # Not by its own type: a browser has nothing to open here.
    response = Response(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{sha256}.{ENDINGS[media_type]}"'
    response.headers["Cache-Control"] = "no-store"
    return response
