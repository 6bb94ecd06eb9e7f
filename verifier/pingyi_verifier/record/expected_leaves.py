"""What must be known of all leaves before they are read one by one."""

from __future__ import annotations

import re

from pingyi_verifier.folder.canonical_json import read_json, sha256
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.report.sentences import GARBAGE

REPLACES = re.compile(rb'"replaces":"([0-9a-f]{64})"')


def expect_leaves(bundle: Bundle) -> None:
    """Note which leaves are replaced and where the snapshot was frozen, before they are read one by one."""
    digest = sha256(bundle.files.get("snapshot.json", b"")).encode()
    replaced: set[str] = set()
    bundle.frozen_at, bundle.openings = (0, 0), {}
    for epoch, lines in enumerate(bundle.leaves):
        for at, line in enumerate(lines):
            if b'"replaces":"' in line:
                replaced.update(other.decode() for other in REPLACES.findall(line))
            elif digest in line and b'"snapshot.frozen"' in line:
                bundle.frozen_at = (epoch, at)
            if b'"kind":"box.opened"' in line:
                expect_opening(bundle, line)
    bundle.replaced = frozenset(replaced)


def expect_opening(bundle: Bundle, line: bytes) -> None:
    """Note which delivery came out of a box; a leaf that makes no sense is named where it is read."""
    try:
        body = read_json(line)
        bundle.openings.setdefault(body["channel"], body["delivery"])
    except GARBAGE:
        return
