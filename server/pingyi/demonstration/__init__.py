"""The demonstration: a whole evaluation with generated data, posted by its operators over HTTP."""

from __future__ import annotations

from pingyi.demonstration.filling import fill

__all__ = ["fill"]
