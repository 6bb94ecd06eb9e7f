"""An independent writer of public bundles: leaves, tree, signed heads and files, from a replay bundle."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask

from pingyi.channels import Channel, Context, Entry, Period
from pingyi.channels.types import encode_name
from pingyi.domain.canonical import canonical_json
from pingyi.registry import EXTENSION, Registry, load_context, load_registry
from pingyi.services.bundles.bundles import Bundle, read_bundle
from pingyi.services.bundles.entries import ChannelEntries
from pingyi.services.intake.identities import identity_of
from pingyi.services.intake.parse_rows import delivery_schema
from pingyi.services.results.build import result_in_memory
from pingyi.services.results.result import results_csv, results_json
from pingyi.services.results.score import score_snapshot

Counters = dict[str, dict[str, dict[str, dict[str, int]]]]
BASE = "test.example/log"


def spelt(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(body: bytes) -> str:
    return hashlib.sha256(b"\x00" + body).hexdigest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if len(hashes) < 2:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_of(hashes[:k]) + root_of(hashes[k:])).digest()


@dataclass
class Standing:
    """An entry that stands: its newest leaf, values, counts and standing."""

    leaf: str
    values: Mapping[str, Any]
    counts: Mapping[str, int]
    shared: Mapping[str, int]
    standing: str = "counted"


@dataclass
class Maker:
    """A public bundle in the making; everything may be changed before `write`."""

    period: str
    logs: dict[int, list[bytes]] = field(default_factory=lambda: {1: []})
    files: dict[str, bytes] = field(default_factory=dict)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    snapshot: dict[str, Any] = field(default_factory=dict)
    delivery: int = 0
    heads: list[dict[str, Any]] = field(default_factory=list)

    @property
    def log(self) -> list[bytes]:
        return self.logs[max(self.logs)]

    def leaf(self, kind: str, **content: Any) -> str:
        body = canonical_json(
            {"kind": kind, "nonce": f"{len(self.log):032x}", "period": self.period, **content}
        )
        self.log.append(body)
        return digest_of(body)

    def foreign_leaf(self, scope: str = "-") -> None:
        """A leaf of another scope, of which the bundle shows the digest only."""
        self.log.append(f"{scope} {digest_of(str(len(self.log)).encode())}".encode())

    def hashes(self, epoch: int) -> list[bytes]:
        return [hashlib.sha256(b"\x00" + self.entry(line)).digest() for line in self.logs[epoch]]

    def entry(self, line: bytes) -> bytes:
        if not line.startswith(b"{"):
            return line.replace(b" ", b"\n") + b"\n"
        scope = "-" if json.loads(line)["kind"] == "restore" else self.period
        return f"{scope}\n{digest_of(line)}\n".encode()

    def head(self, epoch: int, size: int) -> str:
        root = base64.b64encode(root_of(self.hashes(epoch)[:size])).decode()
        return f"{BASE}/{epoch} {size} {root}"

    def hint(self, name: str) -> bytes:
        public = self.key.public_key().public_bytes_raw()
        return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]

    def note(self, line: str) -> str:
        text = "\n".join(line.split(" ")) + "\n"
        name = line.split(" ", maxsplit=1)[0]
        signed = base64.b64encode(self.hint(name) + self.key.sign(text.encode())).decode()
        return f"{text}\n— {name} {signed}\n"

    def seal(self, epoch: int | None = None) -> str:
        """Sign the log as it stands; returns the head's line."""
        epoch = epoch or max(self.logs)
        line = self.head(epoch, len(self.logs[epoch]))
        self.heads.append({"epoch": epoch, "note": self.note(line)})
        return line

    def epochs(self) -> list[dict[str, Any]]:
        public = base64.b64encode(b"\x01" + self.key.public_key().public_bytes_raw()).decode()
        return [
            {
                "number": n,
                "origin": f"{BASE}/{n}",
                "verifier_key": f"{BASE}/{n}+{self.hint(f'{BASE}/{n}').hex()}+{public}",
            }
            for n in sorted(self.logs)
        ]

    def write(self, folder: Path) -> Path:
        """Write the folder as it stands, with its manifest."""
        files = dict(self.files)
        files |= {f"leaves/{n}.txt": b"".join(line + b"\n" for line in log) for n, log in self.logs.items()}
        files["heads.jsonl"] = b"".join(spelt(head) + b"\n" for head in self.heads)
        files["epochs.json"] = spelt(self.epochs())
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return remanifest(folder, self.period)


def remanifest(folder: Path, period: str) -> Path:
    """Write the manifest anew, as somebody who changed a file would."""
    (folder / "manifest.json").unlink(missing_ok=True)
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    content = {"format": "pingyi-public-bundle-1", "period": period, "files": files}
    (folder / "manifest.json").write_bytes(spelt(content) + b"\n")
    return folder


def public_bundle(source: Path, registry: Registry | None = None) -> Maker:
    """Play a replay bundle into a record and compute its result with the server's own functions."""
    registry = registry or load_registry()
    app = Flask(__name__)
    app.extensions[EXTENSION] = registry
    with app.app_context():
        bundle = read_bundle(source)
    maker = Maker(bundle.draft.key)
    maker.foreign_leaf()
    maker.leaf("period.drafted", by="a")
    record_particulars(maker, bundle)
    maker.seal()
    maker.foreign_leaf("another-period")
    period = Period(
        starts_on=bundle.draft.starts_on, ends_on=bundle.draft.ends_on, time_zone=bundle.draft.time_zone
    )
    counters: Counters = {}
    for entries in bundle.entries:
        plan = bundle.scheme.channel(entries.channel)
        assert plan is not None
        rolls = {(row.name, row.stratum): row.count for row in bundle.rolls if row.channel == plan.key}
        channel = registry.channel(plan.plugin)
        context = load_context(channel, plan.settings, period, rolls)
        standing = _play(maker, entries, channel, context)
        counters[plan.key] = summed(standing)
        maker.files[f"entries/{plan.key}.csv"] = entries_csv(standing, channel)
    maker.seal()
    maker.snapshot = snapshot(bundle, counters)
    finish(maker, registry, source)
    return maker


def record_particulars(maker: Maker, bundle: Bundle) -> None:
    units = [
        {"code": row.code, "name": row.name, "category": row.category, "parent": row.parent or None}
        for row in bundle.units.rows.values()
    ]
    maker.leaf("units.set", units=len(units), list=spelt(units).decode())
    if bundle.rolls:
        maker.leaf(
            "rolls.set", rolls=[[row.channel, row.name, row.stratum, row.count] for row in bundle.rolls]
        )
    for number, row in enumerate(bundle.adjustments):
        maker.leaf(
            "adjustment.added",
            what=row.kind,
            unit=row.unit,
            points=row.points,
            target=row.target,
            adjustment=number,
            by="office",
            approved_by="head",
        )
    for one in bundle.decisions:
        maker.leaf(
            "decision.taken",
            what=one.kind,
            unit=one.unit or None,
            channel=one.channel,
            category=one.category,
            choice=one.choice,
        )
    if bundle.previous:
        maker.leaf("previous.set", rows=len(bundle.previous))


def _play(maker: Maker, entries: ChannelEntries, channel: Channel, context: Context) -> dict[str, Standing]:
    schema = delivery_schema(channel.entry_schema)(context)
    private = {name for name, each in schema.fields.items() if each.metadata.get("private")}
    standing: dict[str, Standing] = {}
    for wave in entries.waves:
        maker.delivery += 1
        for position, given in enumerate(wave):
            values = dict(schema.load(given))
            values.pop("reason", None)
            identity = identity_of(channel, context, values)
            before = standing.get(identity)
            digest = maker.leaf(
                "entry",
                channel=entries.channel,
                delivery=maker.delivery,
                position=position,
                by="operator",
                standing="counted",
                values={name: value for name, value in values.items() if name not in private},
                commitments=dict.fromkeys(private, "00" * 32),
                replaces=before.leaf if before else None,
            )
            standing[identity] = Standing(digest, values, *tallied(channel, context, values))
    maker.delivery += 1
    for position, (identity, moved) in enumerate(entries.standings.items()):
        one = standing[identity]
        one.standing = moved.standing
        one.leaf = maker.leaf(
            "disposition",
            channel=entries.channel,
            delivery=maker.delivery,
            position=position,
            by="reviewer",
            standing=moved.standing,
            commitments={"reason": "00" * 32},
            replaces=one.leaf,
        )
    return standing


def tallied(
    channel: Channel, context: Context, values: Mapping[str, Any]
) -> tuple[dict[str, int], dict[str, int]]:
    own: dict[str, int] = {}
    shared: dict[str, int] = {}
    for count in channel.tally(Entry(values.get("unit"), values), context):
        into = shared if count.shared else own
        name = encode_name(count.counter)
        into[name] = into.get(name, 0) + count.amount
    return own, shared


def summed(standing: Mapping[str, Standing]) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {}
    for one in standing.values():
        for unit, counts in ((one.values.get("unit", ""), one.counts), ("", one.shared)):
            for name, amount in counts.items():
                cell = found.setdefault(one.standing, {}).setdefault(unit, {})
                cell[name] = cell.get(name, 0) + amount
    return {
        place: {
            unit: {n: a for n, a in cell.items() if a} for unit, cell in units.items() if any(cell.values())
        }
        for place, units in found.items()
    }


def _cells(values: Mapping[str, Any], private: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name, value in json.loads(canonical_json(values)).items():
        if name in private:
            continue
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", str(inner)) for key, inner in value.items())
        else:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)


def entries_csv(standing: Mapping[str, Standing], channel: Channel) -> bytes:
    private = frozenset(n for n, f in channel.entry_schema().fields.items() if f.metadata.get("private"))
    rows = [dict(_cells(one.values, private)) | {"standing": one.standing} for one in standing.values()]
    columns = dict.fromkeys(["unit", *(name for row in rows for name in row)])
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def snapshot(bundle: Bundle, counters: Counters) -> dict[str, Any]:
    draft = bundle.draft
    content = {
        "scheme": bundle.document,
        "period": {"starts_on": draft.starts_on, "ends_on": draft.ends_on, "time_zone": draft.time_zone},
        "units": [
            [row.code, row.name, row.category, row.subordination, row.superior]
            for row in bundle.units.rows.values()
        ],
        "rolls": [[row.channel, row.name, row.stratum, row.count] for row in bundle.rolls],
        "adjustments": [
            [row.unit, row.kind, row.points, row.target, row.reason, row.document]
            for row in bundle.adjustments
        ],
        "decisions": [
            [row.kind, row.unit, row.channel, row.category, row.choice, row.reason]
            for row in bundle.decisions
        ],
        "previous": [
            [row.period, row.unit, row.category, row.total, row.rank, row.of] for row in bundle.previous
        ],
        "counters": {key: found for key, found in counters.items() if found},
    }
    return dict(json.loads(canonical_json(content)))


def finish(maker: Maker, registry: Registry, source: Path) -> None:
    """Compute, publish; then the plain files."""
    maker.files["snapshot.json"] = spelt(maker.snapshot)
    result = result_in_memory(maker.period, maker.snapshot, score_snapshot(registry, maker.snapshot))
    maker.files["results.json"] = results_json(result)
    maker.files["results.csv"] = results_csv(result)
    publish(maker)
    for name in ("scheme.toml", "units.csv", "rolls.csv", "adjustments.csv", "decisions.csv", "previous.csv"):
        if (source / name).exists():
            maker.files[name] = (source / name).read_bytes()
    period = maker.snapshot["period"]
    lines = [f'key = "{maker.period}"', f'time_zone = "{period["time_zone"]}"']
    lines += [f"{name} = {period[name]}" for name in ("starts_on", "ends_on") if period[name]]
    maker.files["period.toml"] = ("\n".join(lines) + "\n").encode()


def publish(maker: Maker, revision: int = 1, approved_by: str = "head") -> None:
    """Freeze, compute and publish what the files hold, on the record."""
    snapshot, results = (
        hashlib.sha256(maker.files[f"{n}.json"]).hexdigest() for n in ("snapshot", "results")
    )
    before = maker.head(max(maker.logs), len(maker.log))
    maker.leaf("snapshot.frozen", revision=revision, snapshot=snapshot, head=before)
    maker.leaf("result.computed", revision=revision, snapshot=snapshot, results=results)
    maker.leaf(
        "result.published", revision=revision, sha256=results, act=1, by="office", approved_by=approved_by
    )
    maker.foreign_leaf()
    head = maker.seal()
    said = {
        "period": maker.period,
        "revision": revision,
        "snapshot_sha256": snapshot,
        "results_sha256": results,
    }
    said["head"] = head
    maker.files["record.json"] = spelt(said) + b"\n"


def unpublish(maker: Maker) -> None:
    """Take the publication off again, as if it had not happened."""
    del maker.log[-4:]
    del maker.heads[-1]


def remade(maker: Maker, act: Callable[[list[bytes]], None]) -> None:
    """Change the leaves and sign everything anew: only the content can show it."""
    unpublish(maker)
    maker.heads = []
    act(maker.log)
    publish(maker)
