"""The comparisons without a running installation: bundles, replays, verdicts, names, the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.same.baseline import Baseline, write_files
from tests.same.comparing import Outcome, compare_files, compare_names, read_folder
from tests.same.rules import CHANGED, TELL_MORE
from tests.same.trees import SCHEMES, TEST_BUNDLES, Tree, each_of, replay_all, verdict, write_bundles, wrongs

ALL = (*SCHEMES, *TEST_BUNDLES)
MODULES = "names of modules"
# Kinds in which a word that is the name of a module, before or after, says nothing.
SPELT = ("words of the code", "tuples of words, such as counters", "leaf kinds and other dotted words")


def quick(baseline: Baseline, tree: Tree, folder: Path) -> Iterator[Outcome]:
    """All of them, one after the other; what is made goes below `folder`."""
    written, replayed = folder / "bundles", folder / "replays"
    write_bundles(tree, written, folder)
    for scheme in SCHEMES:
        before, after = read_folder(baseline.bundles / scheme), read_folder(written / scheme)
        yield compare_files(f"bundle {scheme}", before, after, ())
    replay_all(tree, baseline.bundles, replayed, folder)
    made = {name: read_folder(replayed / name) for name in ALL}
    known = {name: baseline.replayed(name) for name in ALL}
    yield from compare_replays(known, made)
    yield from compare_bundle_names(known, made)
    yield from compare_verdicts(known, replayed, folder)
    found = tree.names(folder)
    yield from compare_kinds(baseline.names(), found["names"])
    yield compare_wire(baseline.wire(), json.loads(found["openapi"]))


def compare_replays(
    known: Mapping[str, Mapping[str, bytes]], made: Mapping[str, Mapping[str, bytes]]
) -> Iterator[Outcome]:
    for name in made:
        before = known[name]
        title = f"replay {name}"
        if "manifest.json" in before:
            yield compare_files(title, before, made[name])
        else:
            after = {path: content for path, content in made[name].items() if path in before}
            yield compare_files(f"{title}, results only", before, after)


def compare_bundle_names(
    known: Mapping[str, Mapping[str, bytes]], made: Mapping[str, Mapping[str, bytes]]
) -> Iterator[Outcome]:
    """Names of counters, standings and facts, by channel, that the bundles bring."""
    if all("snapshot.json" in files for files in known.values()):
        yield compare_names("counters of the bundles", counters(known), counters(made))
    else:
        yield Outcome("counters of the bundles", "the baseline has no snapshots", absent=True)
    yield compare_names("facts and statuses of the bundles", facts(known), facts(made))


def counters(bundles: Mapping[str, Mapping[str, bytes]]) -> set[str]:
    """Scheme, channel, standing and name of each counter."""
    found: set[str] = set()
    for name, files in bundles.items():
        by_channel = json.loads(files["snapshot.json"])["counters"]
        for channel, by_standing in by_channel.items():
            for standing, by_unit in by_standing.items():
                for counts in by_unit.values():
                    found |= {f"{name} {channel} {standing} {counter}" for counter in counts}
    return found


def facts(bundles: Mapping[str, Mapping[str, bytes]]) -> set[str]:
    """The columns of every result list, and the statuses that stand in it."""
    found: set[str] = set()
    for name, files in bundles.items():
        found |= {f"{name} column {one}" for one in _columns(files["results.csv"])}
        for unit in json.loads(files["results.json"])["units"]:
            found.add(f"{name} unit {unit['status']}")
            found |= {f"{name} {key} {one['status']}" for key, one in unit["channels"].items()}
            found |= {f"{name} {key} fact {f}" for key, one in unit["channels"].items() for f in _facts(one)}
    return found


def _columns(content: bytes) -> list[str]:
    return content.decode("utf-8-sig").splitlines()[0].split(",")


def _facts(channel: Mapping[str, Any]) -> list[str]:
    return list(channel.get("facts") or {})


def compare_verdicts(
    known: Mapping[str, Mapping[str, bytes]], replayed: Path, folder: Path
) -> Iterator[Outcome]:
    """The old and the new verifier about the old and the new bundles, and about a damaged one."""
    if not all("verify.py" in files for files in known.values()):
        yield Outcome("verifiers", "the baseline has no public bundles of its replays", absent=True)
        return
    outcome = Outcome("verifiers, old and new on old and new bundles")

    def judge(name: str) -> list[str]:
        old = write_files(dict(known[name]), folder / "known" / name)
        new = replayed / name
        damaged = write_files({**read_folder(new), **_damaged(read_folder(new))}, folder / "damaged" / name)
        found = []
        for place, wanted in ((old, 0), (new, 0), (damaged, 1)):
            answers = [verdict(one / "verify.py", place) for one in (old, new)]
            found += [f"{name}: {wrongs(words)}" for status, words in answers if status != wanted]
            if answers[0] != answers[1]:
                found.append(f"{name}: the verifiers differ about {place.parent.name}")
        return found

    for wrong in each_of(judge, list(known)):
        outcome.differences += wrong
    outcome.compared = f"{len(known) * 6} verdicts"
    yield outcome


def _damaged(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A bundle in which one total is another one; the manifest is left as it is."""
    return {"results.json": files["results.json"].replace(b'"total":"', b'"total":"1', 1)}


def compare_kinds(
    before: Mapping[str, list[str]] | None, after: Mapping[str, list[str]]
) -> Iterator[Outcome]:
    """Names of each kind: what came is no difference, what went is, unless a module or CHANGED names it."""
    if before is None:
        yield Outcome("names of the code", "the baseline has none", absent=True)
        return
    moved = {*before[MODULES], *after[MODULES]}
    for kind in before:
        if kind == MODULES:
            continue
        old, new = set(before[kind]), set(after.get(kind, []))
        excepted = {name for name in old - new if kind in SPELT and set(re.split(r"[./]", name)) & moved}
        excepted |= {name for name in old - new if (kind, name) in CHANGED}
        outcome = compare_names(kind, old - excepted, old & new)
        outcome.exceptions = len(excepted)
        yield outcome


def without_additions(before: Any, after: Any) -> Any:
    """What `after` says under the names that `before` has; a client of before meets nothing else."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {name: without_additions(before[name], after[name]) for name in before if name in after}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        unordered = all(isinstance(each, str) for each in before) and set(before) == set(after)
        return before if unordered else list(map(without_additions, before, after))  # such as choices
    return after


def compare_wire(before: Any, after: Any) -> Outcome:
    """The description of the HTTP API, as one JSON document."""
    if before is None:
        return Outcome("openapi.json", "the baseline has none", absent=True)
    schemas = after.get("components", {}).get("schemas", {})
    for schema, told in TELL_MORE.items():
        if schema in schemas:
            schemas[schema]["required"] = [name for name in schemas[schema]["required"] if name not in told]
    known = (before, without_additions(before, after))
    old, new = (json.dumps(each, sort_keys=True, ensure_ascii=False).encode() for each in known)
    return compare_files("openapi.json", {"openapi.json": old}, {"openapi.json": new}, ())
