"""The comparison with an older version must be able to fail: each kind of change is found and named."""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.same.comparing import Outcome, compare_files, compare_names
from tests.same.kept import compare_heads, compare_rows
from tests.same.probe import Names
from tests.same.quick import MODULES, compare_bundle_names, compare_kinds, compare_wire, counters
from tests.same.rules import RULES

DIGEST = "ab" * 32
UNIT: dict[str, Any] = {
    "unit": "u1",
    "status": "ranked",
    "channels": {"c": {"status": "ok", "facts": {"n": 1}}},
}


def line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def bundle(seed: str, **changed: bytes) -> dict[str, bytes]:
    """A small public bundle as a run with random parts of its own (`seed`) writes it."""
    key, root = seed * 16, seed * 43 + "="
    first = line({"kind": "entry", "nonce": seed * 32, "values": {"count": 3}})
    hashed = hashlib.sha256(b"\x00" + first.encode()).hexdigest()
    second = {"commitments": {"reason": seed * 64}, "kind": "entry", "nonce": seed * 32, "replaces": hashed}
    note = f"pingyi/{key}/1\n3\n{root}\n\n— pingyi/{key}/1 {seed * 91}=\n"
    files = {
        "results.json": line({"decimals": 2, "units": [UNIT]}).encode(),
        "results.csv": "\ufeffunit,total\nu1,9.5\n".encode(),
        "record.json": line(
            {"head": f"pingyi/{key}/1 3 {root}", "published_at": seed, "revision": 1}
        ).encode(),
        "snapshot.json": line({"counters": {"c": {"counted": {"u1": {"answer/overall/good": 3}}}}}).encode(),
        "heads.jsonl": json.dumps(
            {"epoch": 1, "note": note}, ensure_ascii=False, separators=(",", ":")
        ).encode(),
        "leaves/1.txt": f"- {seed * 64}\n{first}\n{line(second)}\n".encode(),
        "verify.py": f"# {seed}\n".encode(),
        **{name.replace("__", "/").replace("_", "."): content for name, content in changed.items()},
    }
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return {**files, "manifest.json": line({"files": digests}).encode()}


def differences(after: dict[str, bytes]) -> list[str]:
    return compare_files("x", bundle("a"), after).differences


def changed(name: str, old: str, new: str) -> dict[str, bytes]:
    """The bundle of another run with one thing changed."""
    content = bundle("b")[name]
    assert old.encode() in content
    return bundle(
        "b", **{name.replace("/", "__").replace(".", "_"): content.replace(old.encode(), new.encode())}
    )


def test_two_runs_of_one_evaluation_are_the_same() -> None:
    outcome = compare_files("x", bundle("a"), bundle("b"))
    assert outcome.differences == []
    assert outcome.exceptions == 13


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("results.json", '"decimals":2,"units":', '"units":'),
        ("results.csv", "9.5", "9.50"),
        ("record.json", '"revision":1', '"revision":2'),
        ("record.json", "/1 3 ", "/1 4 "),
        ("snapshot.json", "answer/overall/good", "answer/overall/fine"),
        ("heads.jsonl", "\\n3\\n", "\\n4\\n"),
        ("leaves/1.txt", '"count":3', '"count":4'),
        ("leaves/1.txt", '"reason"', '"ground"'),
        ("leaves/1.txt", "- b", "p b"),
    ],
)
def test_changed_field_is_found(name: str, old: str, new: str) -> None:
    found = differences(changed(name, old, new))
    assert any(each.startswith(f"{name}: ") for each in found)


def test_changed_order_of_fields_is_found() -> None:
    after = bundle(
        "b", results_json=json.dumps({"units": [UNIT], "decimals": 2}, separators=(",", ":")).encode()
    )
    assert "order differs" in next(each for each in differences(after) if each.startswith("results.json"))


def test_correction_of_another_leaf_is_found() -> None:
    leaves = bundle("b")["leaves/1.txt"].decode().splitlines()
    content = json.loads(leaves[2]) | {"replaces": leaves[0].split()[1]}
    after = bundle("b", leaves__1_txt="\n".join([*leaves[:2], line(content), ""]).encode())
    assert any("line 3, at .replaces: 'leaf 1' became 'leaf 0'" in each for each in differences(after))


def test_leaf_that_is_gone_is_found() -> None:
    leaves = bundle("b")["leaves/1.txt"].decode().splitlines()
    after = bundle("b", leaves__1_txt="\n".join([*leaves[:2], ""]).encode())
    assert any(each.startswith("leaves/1.txt: ") for each in differences(after))


def test_manifest_that_does_not_fit_its_files_is_found() -> None:
    after = bundle("b")
    after["heads.jsonl"] += b"\n"
    assert any(each.startswith("manifest.json: ") for each in differences(after))


def test_file_that_is_gone_or_new_is_found() -> None:
    after = bundle("b")
    after["extra.json"] = after.pop("results.csv")
    assert {"results.csv is gone", "extra.json is new"} <= set(differences(after))


def test_every_exception_gives_its_reason() -> None:
    assert all(len(rule.reason) > 10 for rule in RULES)


def test_renamed_counter_is_found_by_name() -> None:
    after = changed("snapshot.json", "answer/overall/good", "answer/overall/fine")
    assert counters({"x": after}) == {"x c counted answer/overall/fine"}
    [found, _] = compare_bundle_names({"x": bundle("a")}, {"x": after})
    assert found.differences == [
        "gone: x c counted answer/overall/good",
        "new: x c counted answer/overall/fine",
    ]


def names_of(source: str) -> dict[str, list[str]]:
    names = Names()
    names.visit(ast.parse(source))
    return {**{kind: sorted(each) for kind, each in names.found.items()}, MODULES: ["taking"]}


def kinds(before: str, after: str) -> dict[str, Outcome]:
    return {each.title: each for each in compare_kinds(names_of(before), names_of(after))}


def test_renamed_problem_code_is_found() -> None:
    source = 'raise Problem("not_found", 404, Text(zh="无", en="None"))'
    found = kinds(source, source.replace("not_found", "missing"))
    assert found["problem codes"].differences == ["gone: not_found"]
    assert found["problem codes with status"].differences == ["gone: not_found 404"]
    assert found["sentences"].differences == []


def test_changed_status_and_sentence_are_found() -> None:
    source = 'raise Problem("not_found", 404, Text(zh="无", en="None"))'
    found = kinds(source, source.replace("404", "410").replace("None", "Gone"))
    assert found["problem codes with status"].differences
    assert found["sentences"].differences


def test_codes_of_fields_defaults_and_tables_are_read() -> None:
    source = (
        'def f(code: str = "a_b", *, c: int = 0): FieldError(code="c_d"); T = {"e_f": Text(zh="", en="")}'
    )
    found = names_of(source)
    assert found["problem codes"] == ["a_b", "c_d"]
    assert found["keys of tables of sentences"] == ["e_f"]


def test_renamed_counter_in_the_source_is_found() -> None:
    source = 'name = ("mark", word(score)); say("mark")'
    found = kinds(source, source.replace('("mark", word', '("note", word'))
    assert found["tuples of words, such as counters"].differences == ["gone: mark/{}"]


def test_renamed_job_and_leaf_kind_are_found() -> None:
    source = 'enqueue(f"pingyi_workers.jobs.{topic}"); record(c, "act.approved", {})'
    found = kinds(source, source.replace("jobs", "tasks").replace("approved", "agreed"))
    assert found["jobs sent to the queues"].differences
    assert found["leaf kinds and other dotted words"].differences


def test_name_of_a_module_may_move() -> None:
    found = kinds('__all__ = ["fill"]; load("taking"); say("turnout")', 'load("other"); say("turnout")')
    words = found["words of the code"]
    assert (words.exceptions, words.differences) == (1, [])


def test_dropped_route_is_found() -> None:
    found = compare_names("routes", ["/ ['GET']", "/check ['GET']"], ["/ ['GET']"])
    assert found.differences == ["gone: /check ['GET']"]


def test_changed_wire_is_found_and_its_place_named() -> None:
    before = {"paths": {"/api/v1/units": {"get": {"summary": "Units"}}}}
    after = {"paths": {"/api/v1/units": {"get": {"summary": "All units"}}}}
    assert compare_wire(before, before).differences == []
    assert "/api/v1/units.get.summary" in compare_wire(before, after).differences[0]


def test_changed_row_of_the_record_is_found() -> None:
    before = {"leaf": ("id, body", ["1\ta", "2\tb"])}
    more = {"leaf": ("id, body", ["1\ta", "2\tb", "3\trestore"])}
    other = {"leaf": ("id, body", ["1\ta", "2\tx"])}
    assert compare_rows("x", ["leaf"], before, more, before_entries=True).differences == []
    assert compare_rows("x", ["leaf"], before, other, before_entries=False).differences == [
        "leaf: gone or changed: 2\tb"
    ]


def test_new_leaf_that_no_start_writes_is_found() -> None:
    before, after = {"leaf": ("id, kind", [])}, {"leaf": ("id, kind", ["1\trestore", "2\tkey.issued"])}
    assert compare_rows("x", ["leaf"], before, after, before_entries=True).differences == [
        "a new leaf of the kind key.issued"
    ]


def test_new_row_without_an_entry_is_found() -> None:
    before, after = {"entry": ("id", ["1"])}, {"entry": ("id", ["1", "2"])}
    assert compare_rows("x", ["entry"], before, after, before_entries=True).differences
    assert not compare_rows("x", ["entry"], before, after, before_entries=False).differences


def test_changed_tile_is_found_and_a_newer_checkpoint_is_none() -> None:
    before = {"1/checkpoint": b"a", "1/tile/0/000": b"b", "1/tile/0/001.p/3": b"c"}
    assert not compare_heads("x", before, {"1/checkpoint": b"z", "1/tile/0/000": b"b"}).differences
    assert compare_heads("x", before, {"1/checkpoint": b"a", "1/tile/0/000": b"x"}).differences


def test_probe_stands_alone() -> None:
    source = (Path(__file__).parents[2] / "same" / "probe.py").read_text(encoding="utf-8")
    imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    assert not [node.module for node in imported if str(node.module).startswith("tests")]
