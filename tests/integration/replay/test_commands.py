"""The shell's own commands: replay as a user types it, import, keys, plugins, problems as sentences."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from redis import Redis
from rq import Worker
from rq.worker import WorkerStatus
from sqlalchemy import text
from tests.integration.record.checking import check
from tests.waiting import MOST_SECONDS, wait_for

from pingyi import cli
from pingyi.db import db, transaction
from pingyi.domain.errors import Problem
from pingyi.services.bundles.bundles import import_bundle
from pingyi.services.core.callers import SHELL
from pingyi.services.people.api_keys import authenticate
from pingyi.services.results.result import results_csv, results_json
from pingyi.settings import Settings
from pingyi_workers.queues import connect

PINGYI = Path(sys.executable).with_name("pingyi")
BUNDLES = Path(__file__).parents[2] / "bundles"


@pytest.fixture
def shell(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in this process on the session's engines."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("PINGYI_STATE", str(settings.state))
    monkeypatch.setenv("PINGYI_SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    db.session.remove()
    return lambda *arguments: CliRunner().invoke(cli.main, [str(each) for each in arguments])


def stored(table: str) -> int:
    with transaction() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def run_replay(bundle: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PINGYI, "replay", bundle, "--out", out, *more],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "zh_CN.UTF-8", "PYTHONUTF8": "1"},
    )


def test_replay_command_writes_a_checked_bundle_and_the_same_bytes_again(
    tmp_path: Path, replay: Callable[[Path], object]
) -> None:
    out = tmp_path / "新 结果" / "out"
    done = run_replay(BUNDLES / "zhanyi_2019", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"周期“zhanyi-2019”：7 个单位，7 个参与排名；结果写入 {out}。\n"
    assert check(out).status == 0
    assert {"results.csv", "results.json", "record.json", "verify.py"} < {path.name for path in out.iterdir()}
    again = replay(BUNDLES / "zhanyi_2019")
    assert (out / "results.csv").read_bytes() == results_csv(again)
    assert (out / "results.json").read_bytes() == results_json(again)
    assert json.loads((out / "record.json").read_bytes())["period"] == "zhanyi-2019"


def test_replay_command_names_every_fault_and_fails(tmp_path: Path, draft: type) -> None:
    scores = {"x": {"a": "101", "z": "5"}}
    bundle = draft(channels={"x": "100"}, units=["a"], scores=scores).write(tmp_path / "bundle")
    done = run_replay(bundle, tmp_path / "out", "--lang", "en")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "entries/x.csv:2:score: Above the scale of 100.",
        "entries/x.csv:3:unit: No unit z takes part in this period; check its code or name.",
        "2 things are wrong with the bundle; nothing was stored.",
    ]
    assert not (tmp_path / "out").exists()


def test_replay_command_leaves_a_foreign_folder_alone_before_it_starts_anything(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    done = run_replay(BUNDLES / "zhanyi_2019", tmp_path)
    said = f"文件夹 {tmp_path} 里有不属于先前数据包的文件（mine.txt），不予覆盖；请另选一个文件夹。\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
    into_itself = run_replay(tmp_path, tmp_path)
    assert (into_itself.returncode, sorted(path.name for path in tmp_path.iterdir())) == (1, ["mine.txt"])


def test_export_command_writes_the_bundle_of_a_published_period(
    shell: Callable[..., Result], replay: Callable[[Path], object], tmp_path: Path
) -> None:
    replay(BUNDLES / "zhanyi_2019")
    db.session.remove()
    out = tmp_path / "public"
    done = shell("export", "--public", "zhanyi-2019", "--out", out)
    said = f"Period zhanyi-2019, revision 1, exported; check it: python3 -I {out}/verify.py {out}\n"
    assert (done.exit_code, done.output) == (0, said)
    assert check(out).status == 0
    again = shell("export", "--public", "nothing", "--out", tmp_path / "other")
    assert (again.exit_code, "was not found" in again.output) == (1, True)


def test_results_keep_the_columns_of_the_format(
    replay: Callable[[Path], object], draft: type, tmp_path: Path
) -> None:
    bundle = draft(
        channels={"x": "60", "y": "40"},
        units=["a", "b"],
        scores={"x": {"a": "30.25", "b": "60"}, "y": {"b": "39"}},
        groups={"outer": "", "inner": "outer"},
        inside={"x": "inner", "y": "outer"},
        more='[grades]\nfrom = { good = "90", poor = "0" }\n',
    ).write(tmp_path / "bundle")
    assert results_csv(replay(bundle)).decode() == (
        "category,unit,name,x,x.n,x.status,x.mark,y,y.n,y.status,y.mark,outer,inner,"
        "adjustments,total,rank,of,rank_low,rank_high,label,grade,status\n"
        "all,b,单位b,60.00,1,ok,60,39.00,1,ok,39,99.00,60.00,0.00,99.00,1,2,,,,good,ranked\n"
        "all,a,单位a,30.25,1,ok,30.25,,0,not_submitted,,50.42,30.25,0.00,50.42,2,2,,,,poor,ranked\n"
    )


def test_wrong_bundle_stores_nothing(app: Flask, draft: type, tmp_path: Path) -> None:
    bundle = draft(channels={"x": "100"}, units=["a"], scores={"x": {"a": "101"}}).write(tmp_path / "bundle")
    with pytest.raises(Problem):
        import_bundle(SHELL, bundle, entries=True)
    assert [stored(name) for name in ("document", "period", "unit", "operator", "delivery", "leaf")] == [
        0
    ] * 6


def test_import_makes_a_draft_and_with_entries_an_open_period(
    shell: Callable[..., Result], draft: type, tmp_path: Path
) -> None:
    bundle = draft(channels={"x": "100"}, units=["a", "b"], scores={"x": {"a": "1", "b": "2"}})
    folder = bundle.write(tmp_path / "bundle")
    assert (shell("import", folder).output, stored("entry")) == ("Imported period draft.\n", 0)
    twice = shell("import", folder)
    assert (twice.exit_code, twice.output) == (1, "There is a period draft already.\n")
    (folder / "period.toml").write_text('key = "second"\n', encoding="utf-8")
    assert shell("--lang", "zh", "import", "--entries", folder).output == "已导入周期“second”。\n"
    with transaction() as connection:
        states = {row.key: row.state for row in connection.execute(text("SELECT key, state FROM period"))}
    assert (states, stored("entry"), stored("unit")) == ({"draft": "draft", "second": "open"}, 2, 2)


def test_keys_are_made_for_operators_and_for_the_office(
    shell: Callable[..., Result], draft: type, tmp_path: Path
) -> None:
    shell("import", draft(channels={"x": "100"}, units=["a"], scores={}).write(tmp_path / "bundle"))
    tokens = [
        shell("keys", "new", "评分单位", "--channel", "x").stdout.strip(),
        shell("keys", "new", "--role", "administrator").stdout.strip(),
    ]
    with transaction() as connection:
        partner, office = [authenticate(connection, token) for token in tokens]
    assert partner is not None
    assert (partner.operator_id is not None, partner.channels) == (True, {"x"})
    assert office is not None
    assert office.roles == {"administrator"}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("keys", "new", "无此单位"), 1, "Operator 无此单位 was not found."),
        (("keys", "new"), 2, "Name either an operator"),
        (("keys", "new", "--role", "king"), 1, "Choose at least one known role."),
        (("keys", "new", "--role", "auditor", "--role", "approver"), 1, "may not hold these roles together"),
        (("worker", "nonsense"), 2, "fold, assess"),
    ],
)
def test_refusals_are_sentences_without_a_traceback(
    shell: Callable[..., Result], arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = shell(*arguments)
    assert (done.exit_code, said in done.output, "Traceback" in done.output) == (status, True, False)


def test_plugins_are_listed_one_plain_line_each() -> None:
    lines = CliRunner().invoke(cli.main, ["plugins"]).output.splitlines()
    assert "partner_score\tpartner\tpingyi\t0.1.0\tok" in lines
    assert all(len(line.split("\t")) == 5 for line in lines)


def test_announcement_gives_the_first_sign_in_and_the_first_request(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    kept = {"operator": "市信访局", "key": "pingyi_k_s", "base_url": "http://127.0.0.1:1"}
    kept["curl"] = "curl -sS http://127.0.0.1:1/api/v1/x"
    (tmp_path / "demonstration.json").write_text(json.dumps(kept), encoding="utf-8")
    first, code, *rest = cli.announce(replace(settings, state=tmp_path, host="0.0.0.0", port=8123))
    address = first.rpartition(" ")[2]
    assert address.startswith("http://127.0.0.1:8123/")
    assert app.test_client().get(address.removeprefix("http://127.0.0.1:8123")).status_code == 200
    assert len(code.rpartition(" ")[2].split("-")) == 6
    assert rest == ["密钥 / key (市信访局): pingyi_k_s", "curl -sS http://127.0.0.1:8123/api/v1/x"]


@pytest.mark.long
def test_ten_thousand_entries_over_2500_units_replay_in_seconds(tmp_path: Path, draft: type) -> None:
    categories = [f"c{number}" for number in range(50)]
    bundle = draft(
        channels=dict.fromkeys(("w", "x", "y", "z"), "25"),
        units=[],
        scores={
            key: {f"u{unit}": f"{(unit * step) % 2500 / 100}" for unit in range(2500)}
            for key, step in (("w", 7), ("x", 11), ("y", 13), ("z", 17))
        },
    )
    scheme = bundle.scheme().partition("[[categories]]")[0] + bundle.scheme().partition('"All" }\n')[2]
    titles = "".join(
        f'[[categories]]\nkey = "{key}"\ntitle = {{ zh = "{key}", en = "{key}" }}\n' for key in categories
    )
    rows = "".join(f"u{unit},单位{unit},{categories[unit % 50]}\n" for unit in range(2500))
    bundle.files = {"scheme.toml": scheme + titles, "units.csv": "code,name,category\n" + rows}
    began = time.monotonic()
    done = run_replay(bundle.write(tmp_path / "bundle"), tmp_path / "out")
    assert (done.returncode, done.stderr, time.monotonic() - began < 30) == (0, "", True)
    lines = (tmp_path / "out" / "results.csv").read_text(encoding="utf-8").splitlines()
    assert (len(lines), len({line.split(",")[0] for line in lines[1:]})) == (2501, 50)


def idle(redis: Redis) -> int:
    """How many workers say that they wait for work."""
    return sum(worker.get_state() == WorkerStatus.IDLE for worker in Worker.all(connection=redis))


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("worker", {"fold", "assess", "seal", "witness", "publish", "open_box"}),
        ("background", {"fold", "assess", "publish", "open_box", "relay", "schedule"}),
    ],
)
def test_every_slow_queue_has_a_fork_of_its_own_and_all_end_together(
    settings: Settings, command: str, names: set[str]
) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PINGYI_STATE": str(settings.state),
        "PINGYI_SECRET_KEY": settings.secret_key,
    }
    redis = connect(settings)
    redis.flushall()
    done = subprocess.Popen([PINGYI, command], env=environment)
    children = Path(f"/proc/{done.pid}/task/{done.pid}/children")
    # A worker says that it is idle once it takes signals: one that comes earlier ends it as it ends anything.
    workers = names - {"relay", "schedule"}
    wait_for(lambda: idle(redis) == len(workers), "a worker of every queue that waits for work")
    found = children.read_text().split()
    shown = {Path(f"/proc/{pid}/comm").read_text().removeprefix("pingyi ").strip() for pid in found}
    done.terminate()
    assert (shown, len(found), done.wait(MOST_SECONDS)) == (names, len(names), 0)
    assert not any(Path(f"/proc/{pid}").exists() for pid in found)
