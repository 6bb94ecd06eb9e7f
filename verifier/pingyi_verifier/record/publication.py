"""The publication: the result published last is the folder's, and was computed from its snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pingyi_verifier.folder.canonical_json import canonical, read_json, same, sha256
from pingyi_verifier.folder.manifest import needed
from pingyi_verifier.log.heads import head_of
from pingyi_verifier.record.acts import Act, acts_of
from pingyi_verifier.record.bundle import Bundle, Place
from pingyi_verifier.record.epochs import Log
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import Text, UnfitError


class Publication(NamedTuple):
    """What was published last, by its digests, and where its snapshot was frozen."""

    revision: int
    results: str
    snapshot: str
    frozen: Act


def check_publication(report: Report, bundle: Bundle, acts: Sequence[Act], logs: Sequence[Log]) -> Place:
    """Returns the place of the leaf that froze the snapshot: it counts all entries before that."""
    newest = newest_publication(bundle.files, acts)
    check_named_head(newest.frozen.body.get("head"), logs)
    report.ok(
        zh=f"公布：第 {newest.revision} 版结果、其快照及公布均在记录中，摘要相符。",
        en=(
            f"Publication: revision {newest.revision}, its snapshot and its publication stand in the "
            "record with these digests."
        ),
    )
    check_revisions(report, bundle.files, acts_of(acts, "result.published"))
    check_record_json(bundle, logs, newest)
    return newest.frozen.place


def newest_publication(files: Mapping[str, bytes], acts: Sequence[Act]) -> Publication:
    """The publication that the folder shows; UnfitError where results or snapshot are not the record's."""
    results, snapshot = sha256(needed(files, "results.json")), sha256(needed(files, "snapshot.json"))
    published = acts_of(acts, "result.published")
    if not published:
        raise UnfitError(zh="记录中没有公布结果。", en="The record holds no publication of a result.")
    revision = published[-1].body["revision"]
    if published[-1].body["sha256"] != results:
        raise UnfitError(
            zh=f"results.json 不是记录中最后公布的第 {revision} 版结果：被改动或替换过。",
            en=(
                f"results.json is not the result published last (revision {revision}): it was changed "
                "or replaced."
            ),
        )
    computed, frozen = origin_of_result(acts, published[-1], snapshot, results)
    if computed is None:
        raise UnfitError(
            zh=f"记录中的第 {revision} 版结果不是由 snapshot.json 算出的：快照或结果被改动过。",
            en=(
                f"By the record, revision {revision} was not computed from snapshot.json: one of them "
                "was changed."
            ),
        )
    if frozen is None:
        raise UnfitError(
            zh="snapshot.json 不是记录中冻结的快照：被改动过。",
            en="snapshot.json is not a snapshot that the record froze: it was changed.",
        )
    return Publication(revision, results, snapshot, frozen)


def origin_of_result(
    acts: Sequence[Act], published: Act, snapshot: str, results: str
) -> tuple[Act | None, Act | None]:
    """The computation of the published result, and the freezing of the snapshot before it."""
    revision = published.body["revision"]
    computed = [
        act
        for act in acts_of(acts, "result.computed")
        if act.place < published.place
        and (act.body["revision"], act.body["results"], act.body["snapshot"]) == (revision, results, snapshot)
    ]
    frozen = [
        act
        for act in acts_of(acts, "snapshot.frozen")
        if computed and act.place < computed[-1].place and act.body["snapshot"] == snapshot
    ]
    return computed[-1] if computed else None, frozen[-1] if frozen else None


def check_named_head(line: Any, logs: Sequence[Log]) -> None:
    """A head that the snapshot or record.json names is one of this record."""
    if not line:
        return
    head = head_of(*line.split(" "))
    log = next((log for log in logs if log.epoch.origin == head.origin), None)
    if log is None or head.size > log.tree.size or log.tree.root(head.size) != head.root:
        raise UnfitError(
            zh=f"快照或 record.json 所列的树头 {head.line} 不在本记录中。",
            en=f"The head {head.line}, named by the snapshot or by record.json, is not of this record.",
        )


def check_revisions(report: Report, files: Mapping[str, bytes], published: Sequence[Act]) -> None:
    """Every earlier published revision is still there, byte for byte."""
    digests = {act.body["revision"]: act.body["sha256"] for act in published}
    now = published[-1].body["revision"]
    faults: list[Text] = []
    for revision, digest in digests.items():
        name = f"revisions/{revision}/results.json"
        if (name in files or revision != now) and sha256(files.get(name, b"")) != digest:
            faults.append(
                Text(
                    zh=f"公布过的第 {revision} 版结果缺少或被改动过（{name}）。",
                    en=f"Revision {revision}, which was published, is missing or was changed ({name}).",
                )
            )
    report.all_wrong(faults)
    if len(digests) > 1 and not faults:
        report.ok(
            zh=f"历次公布：此前公布的 {len(digests) - 1} 版结果都在，未被改动。",
            en=f"Earlier publications: all {len(digests) - 1} are there, unchanged.",
        )


def check_record_json(bundle: Bundle, logs: Sequence[Log], newest: Publication) -> None:
    """record.json names this publication, and a head of this record."""
    content = needed(bundle.files, "record.json")
    printed = read_json(content)
    if canonical(printed) + b"\n" != content:
        raise UnfitError(zh="record.json 不是规定的写法。", en="record.json is not spelt as it must be.")
    wanted = {
        "period": bundle.period,
        "revision": newest.revision,
        "snapshot_sha256": newest.snapshot,
        "results_sha256": newest.results,
    }
    for name, value in wanted.items():
        if not same(printed[name], value):
            raise UnfitError(
                zh=f"record.json 的 {name} 与记录不符。",
                en=f"{name} in record.json is not what the record says.",
            )
    check_named_head(printed.get("head"), logs)
