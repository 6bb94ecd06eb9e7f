"""What a check of the installation says, whoever makes it."""

from __future__ import annotations

from dataclasses import dataclass

from pingyi.channels import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: whether it passed, and the sentence that says so."""

    code: str
    ok: bool
    message: Text
