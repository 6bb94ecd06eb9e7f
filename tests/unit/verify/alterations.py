"""A small evaluation with something in every file, and the ways in which somebody might alter it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.small_scheme import LAST_ONE, channel, scheme_of
from tests.unit.verify.making import Maker, public_bundle, publish, remade, remanifest, spelt, unpublish

GRADES = '[grades]\nfrom = { good = "80", fair = "60", poor = "0" }\n'
TITLES = '[grades.titles]\ngood = { zh = "好", en = "Good" }\nfair = { zh = "中", en = "Fair" }\n'
SCHEME = scheme_of(
    channel("law", "依法行政", "50", '{ scale = "5" }', operator="法制办"),
    channel(
        "panel", "评审", "30", '{ preset = "trimmed", scale = "100" }', operator="评议办", plugin="panel"
    ),
    channel(
        "vote",
        "代表测评",
        "20",
        '{ preset = "100/80/30", unscored = [], n_min = 1, shown_as = "score" }',
        operator="人大",
        plugin="deputies",
    ),
    more=f'{LAST_ONE}{GRADES}{TITLES}poor = {{ zh = "差", en = "Poor" }}\n',
)
FILES = {
    "units.csv": "code,name,category,subordination,superior\nu1,市一局,departments,市属,\n"
    "u2,市二局,departments,省属,省二厅\nu3,市三局,departments,市属,\nu4,市四局,departments,市属,\n",
    "rolls.csv": "channel,name,stratum,count\nvote,eligible,,40\nvote,issued,,38\n",
    "adjustments.csv": "unit,kind,points,target,reason,document\nu1,bonus,1.5,total,表彰,市发〔2022〕7号\n"
    "u2,deduction,0.25,total,通报,市发〔2022〕9号\n",
    "decisions.csv": "kind,unit,channel,category,choice,reason\nswitch_off,,vote,departments,no,名册齐全\n",
    "previous.csv": "period,unit,category,total,rank,of\n2021,u1,departments,88.10,1,2\n"
    "2021,u2,departments,80.00,2,2\n",
    "entries/law.csv": "unit,score,standing,reason\nu1,4.5,,\nu2,4.5,,\nu3,3,,\nu4,1,,\nu4,2,held,待核查\n",
    "entries/panel.csv": "unit,rater,score\n"
    + "".join(f"u{unit},r{n},{90 - 9 * unit + n}\n" for unit in (1, 2, 3, 4) for n in range(1, 6 + unit)),
    "entries/vote.csv": "unit,option,count\n"
    + "".join(f"u{unit},satisfied,{20 - unit}\nu{unit},dissatisfied,{2 * unit}\n" for unit in (1, 2, 3, 4)),
}
PERIOD = 'key = "p-2022"\nstarts_on = 2022-01-01\nends_on = 2022-12-31\ntime_zone = "Asia/Shanghai"\n'
TABLES = ("units.csv", "rolls.csv", "adjustments.csv", "decisions.csv", "previous.csv")
ENTRIES = ("entries/law.csv", "entries/panel.csv", "entries/vote.csv")


def nothing(_: object) -> None:
    pass


@dataclass(frozen=True)
class Alteration:
    """What is done to the evaluation before it is written, and to the folder afterwards."""

    change: Callable[[Maker], object] = nothing
    spoil: Callable[[Path], object] = nothing

    def write(self, maker: Maker, folder: Path) -> Path:
        self.change(maker)
        self.spoil(maker.write(folder))
        return folder


def small_evaluation(folder: Path, texts: Iterable[tuple[str, str, str]] = (), code: str = "u1") -> Maker:
    """The evaluation; `texts` stand in the first row of a file's column, `code` is that of the first unit."""
    files = {name: content.replace("u1,", f"{code},") for name, content in FILES.items()}
    for name, column, text in texts:
        table = table_of(files[name].encode())
        table[1][table[0].index(column)] = text
        files[name] = bytes_of(table).decode()
    for name, content in {**files, "scheme.toml": SCHEME, "period.toml": PERIOD}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return public_bundle(folder)


def alterations() -> dict[str, Alteration]:
    """Every one by its name."""
    return dict([*cells(), *rows(), *columns(), *files(), *leaves(), *signatures(), *published(), *frozen()])


Named = Iterator[tuple[str, Alteration]]


def table_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def bytes_of(table: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue().encode()


def in_table(name: str, change: Callable[[list[list[str]]], object]) -> Alteration:
    """Change the table of a file; the manifest is written anew, as somebody who did so would."""

    def act(maker: Maker) -> None:
        table = table_of(maker.files[name])
        change(table)
        maker.files[name] = bytes_of(table)

    return Alteration(act)


def cells() -> Named:
    """Every cell of the first row of every table says something else."""
    for name in (*TABLES, *ENTRIES):
        header = FILES[name].split("\n", 1)[0].split(",")
        for at, column in enumerate(header):
            if (name, column) == ("entries/law.csv", "reason"):
                continue  # stands in no leaf: who reads the file is told that it is withheld

            def change(table: list[list[str]], at: int = at) -> None:
                at = min(at, len(table[1]) - 1)
                table[1][at] = {"counted": "held"}.get(table[1][at], f"1{table[1][at]}")

            yield f"cell {name} {column}", in_table(name, change)


def rows() -> Named:
    for name in (*TABLES, *ENTRIES):
        yield f"row removed {name}", in_table(name, lambda table: table.pop(1))
        yield f"row twice {name}", in_table(name, lambda table: table.append(table[1]))
        yield f"row cut {name}", in_table(name, lambda table: table[1].pop())
    yield "rows swapped units.csv", in_table("units.csv", lambda table: table.append(table.pop(1)))


def columns() -> Named:
    for name in (*TABLES, *ENTRIES):
        yield f"column renamed {name}", in_table(name, lambda table: table[0].__setitem__(0, "x"))


def files() -> Named:
    names = ("scheme.toml", "period.toml", "snapshot.json", "results.json", "results.csv", "record.json")
    for name in (*names, *TABLES, *ENTRIES):
        yield f"file missing {name}", Alteration(lambda maker, name=name: maker.files.pop(name))
    for name in ("leaves/1.txt", "heads.jsonl", "epochs.json"):

        def drop(folder: Path, name: str = name) -> None:
            (folder / name).unlink()
            remanifest(folder, "p-2022")

        yield f"file missing {name}", Alteration(spoil=drop)
    yield "file missing manifest.json", Alteration(spoil=lambda folder: (folder / "manifest.json").unlink())
    yield "file lost", Alteration(spoil=lambda folder: (folder / "rolls.csv").unlink())
    yield "file changed", Alteration(spoil=lambda folder: (folder / "rolls.csv").write_bytes(b"channel\n"))
    yield "file added", Alteration(spoil=lambda folder: (folder / "more.txt").write_bytes(b""))
    yield "file of no channel", Alteration(lambda maker: maker.files.update({"entries/x.csv": b"unit\nu1\n"}))
    yield "file of no epoch", Alteration(lambda maker: maker.files.update({"leaves/9.txt": b""}))


def leaves() -> Named:
    """Leaves changed under heads that were signed before, and under heads that are signed anew."""

    def entry(log: list[bytes]) -> int:
        return next(at for at, line in enumerate(log) if b'"kind":"entry"' in line)

    def swap(log: list[bytes]) -> None:
        at = entry(log)
        log[at], log[at + 1] = log[at + 1], log[at]

    def say(log: list[bytes], **more: Any) -> None:
        at = entry(log)
        log[at] = spelt(json.loads(log[at]) | more)

    def withhold(log: list[bytes]) -> None:
        log[entry(log)] = b"p-2022 " + b"0" * 64

    acts: dict[str, Callable[[list[bytes]], object]] = {
        "removed": lambda log: log.pop(entry(log)),
        "twice": lambda log: log.insert(entry(log), log[entry(log)]),
        "swapped": swap,
        "of another unit": lambda log: say(log, values={"unit": "u2", "score": "4.5"}),
        "held": lambda log: say(log, standing="held"),
        "of another period": lambda log: say(log, period="p-2021"),
        "withheld": withhold,
        "no leaf": lambda log: log.__setitem__(entry(log), b"nothing"),
    }
    for name, act in acts.items():
        yield f"leaf {name}", Alteration(lambda maker, act=act: act(maker.log))
        yield f"leaf {name}, signed anew", Alteration(lambda maker, act=act: remade(maker, act))


def signatures() -> Named:
    def respell(maker: Maker, change: Callable[[str], str]) -> None:
        maker.heads[-1] = {**maker.heads[-1], "note": change(maker.heads[-1]["note"])}

    def flip(note: str) -> str:
        return note[:-10] + ("B" if note[-10] == "A" else "A") + note[-9:]

    def add(maker: Maker) -> None:
        respell(maker, lambda note: note + "— witness.example/w AAAAAAAAAAAAAAAA\n")

    yield "signature flipped", Alteration(lambda maker: respell(maker, flip))
    yield (
        "signature removed",
        Alteration(lambda maker: respell(maker, lambda note: note.split("— ", maxsplit=1)[0])),
    )
    yield "signature of a witness added", Alteration(add)
    yield "newest head removed", Alteration(lambda maker: maker.heads.pop())
    yield (
        "head of another root",
        Alteration(
            lambda maker: respell(maker, lambda _: maker.note(maker.head(1, 3).replace(" 3 ", " 4 ")))
        ),
    )
    yield "head beyond the leaves", Alteration(lambda maker: maker.log.pop())


def published() -> Named:
    """What results.json prints, changed and published as if it had been computed."""

    def republish(change: Callable[[dict[str, Any]], object]) -> Alteration:
        def act(maker: Maker) -> None:
            unpublish(maker)
            document = json.loads(maker.files["results.json"])
            change(document)
            maker.files["results.json"] = spelt(document) + b"\n"
            publish(maker)

        return Alteration(act)

    first: dict[str, Any] = {
        "total": "99.00",
        "rank": 2,
        "of": 5,
        "grade": "poor",
        "status": "not_ranked",
        "adjustments": "9.00",
        "coverage_percent": "99.00",
        "proposed_actions": ["interview"],
        "all_rank": 4,
        "review": True,
    }
    for name, value in first.items():
        yield (
            f"published {name}",
            republish(lambda document, one={name: value}: document["units"][0].update(one)),
        )
    cell: dict[str, Any] = {"points": "1.00", "status": "too_few", "n": 99, "facts": {}}
    for name, value in cell.items():
        yield (
            f"published channel {name}",
            republish(
                lambda document, one={name: value}: document["units"][0]["channels"]["panel"].update(one)
            ),
        )
    yield "published order", republish(lambda document: document["units"].reverse())
    yield "published notices", republish(lambda document: document["notices"].clear())
    yield "published by one person", Alteration(lambda maker: (unpublish(maker), publish(maker, 1, "office")))
    for column in ("total", "rank", "law", "status"):

        def change(table: list[list[str]], column: str = column) -> None:
            table[1][table[0].index(column)] += "1"

        yield f"printed {column} of results.csv", in_table("results.csv", change)


def frozen() -> Named:
    """What the snapshot holds, changed, with everything after it published anew."""

    def refreeze(change: Callable[[dict[str, Any]], object]) -> Alteration:
        def act(maker: Maker) -> None:
            unpublish(maker)
            change(maker.snapshot)
            maker.files["snapshot.json"] = spelt(maker.snapshot)
            publish(maker)

        return Alteration(act)

    for name, at, value in (
        ("units", 1, "市零局"),
        ("rolls", 3, 41),
        ("adjustments", 2, "2.5"),
        ("decisions", 4, "yes"),
        ("previous", 4, 3),
    ):
        yield (
            f"frozen {name}",
            refreeze(lambda content, name=name, at=at, value=value: content[name][0].__setitem__(at, value)),
        )
    yield (
        "frozen counters",
        refreeze(lambda content: content["counters"]["vote"]["counted"]["u1"].update({"answer/x/y": 1})),
    )
    yield "frozen counters dropped", refreeze(lambda content: content["counters"]["law"].pop("held"))
