"""The kinds of documents that are installed: the core's and those that packages bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pingyi.extensions import installed_extensions
from pingyi.services.core.errors import not_found
from pingyi.services.documents.kinds import DocumentKind
from pingyi.services.documents.scheme_kind import SCHEME

CORE_KINDS: Final = (SCHEME,)


def document_kinds() -> Mapping[str, DocumentKind]:
    """Every kind by its key, the core's first."""
    brought = (one.extension.document_kinds() for one in installed_extensions().working)
    return {kind.key: kind for kind in (*CORE_KINDS, *(kind for kinds in brought for kind in kinds))}


def document_kind(key: str) -> DocumentKind:
    """The kind of this key; Problem not_found."""
    kinds = document_kinds()
    if key not in kinds:
        raise not_found(zh=f"文件种类“{key}”", en=f"The kind of documents {key}")
    return kinds[key]
