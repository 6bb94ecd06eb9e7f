"""The one table of what may differ between two runs of the same evaluation, and why."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

RUN_TIME = "the time of the run"
BY_CHANNEL = "a channel titles its own facts, and those that stood in English on Chinese pages have titles"
KEY = "made of the sealer's key, which every installation makes for itself"
NONCES = "the root follows from the leaves' random nonces; the size of the tree is compared"


@dataclass(frozen=True, slots=True)
class Rule:
    """A field that may differ; `kept` names what of its value is compared all the same."""

    files: str
    field: str
    kept: str
    reason: str


RULES = (
    Rule("record.json", "assessed_at", "nothing", RUN_TIME),
    Rule("record.json", "published_at", "nothing", RUN_TIME),
    Rule("record.json", "head", "size", f"{NONCES}; the origin is {KEY}"),
    Rule("epochs.json", "[].origin", "epoch", KEY),
    Rule("epochs.json", "[].verifier_key", "epoch", KEY),
    Rule("heads.jsonl", "note", "note", f"{NONCES}; origin and signature are {KEY}"),
    Rule("leaves/*.txt", "nonce", "nothing", "random, so that an unpublished leaf cannot be guessed"),
    Rule("leaves/*.txt", "commitments.*", "nothing", "SHA-256 of a random salt and a private value"),
    Rule("leaves/*.txt", "replaces", "leaf", "digest of a leaf with a nonce; which leaf it is, is compared"),
    Rule("leaves/*.txt", "head", "size", f"{NONCES}; the origin is {KEY}"),
    Rule("leaves/*.txt", "digest", "nothing", "digest of a leaf with a nonce that is not of this period"),
    Rule("manifest.json", "files.record.json", "own digest", "the file has fields that may differ"),
    Rule("manifest.json", "files.epochs.json", "own digest", "the file has fields that may differ"),
    Rule("manifest.json", "files.heads.jsonl", "own digest", "the file has fields that may differ"),
    Rule("manifest.json", "files.leaves/*.txt", "own digest", "the file has fields that may differ"),
    Rule("manifest.json", "files.verify.py", "own digest", "the verifier may be written anew"),
    Rule("verify.py", "", "nothing", "may be written anew; what it says of every bundle is compared"),
)

STATES = "the states of a period and their spans are members of PeriodState"
LOCKS = "advisory locks are held by one function"
ENDINGS = ("n", "share", "rate", "score", "points")
NEWLY_TITLED = (
    *("answered_on_time", "deducted", "fairly_satisfied", "signed", "surplus", "very_dissatisfied"),
    *("absent_count", "deputy_count", "leader_count", "other_count"),
)
PARTS_OF_TITLES = (
    *(("样本", "cases"), ("率", "share"), ("率", "rate"), ("得分", "score"), ("得分", "points")),
    *(("次数", "count"), ("扣分", "deducted")),
)
TITLES = (
    *("场次 / sessions", "缺席 / absent", "缺席 / absent count", "逾期答复 / late", "签收 / signed"),
    *("主要负责人 / leader", "分管负责人 / deputy", "其他人员 / other", "按时答复 / answered on time"),
    *("主要负责人上线 / leader count", "分管负责人上线 / deputy count", "其他人员上线 / other count"),
    *("否决事项 / veto", "扣分合计 / deducted", "加分 / bonus", "超出满分 / surplus"),
    *("反映问题 / reports", "测评部分 / ballot part", "办理部分 / report part", "监测点 / points"),
    *("登记监测点 / registered", "覆盖率 / coverage"),
    *("较满意 / fairly satisfied", "非常不满意 / very dissatisfied"),
)
PROCESSES = "processes come of the topics, and most are forks of one"
LINES = (
    *(("assessor", "assess"), ("counter", "open_boxes"), ("publisher", "publish"), ("sealer", "seal")),
    *(("witnesses", "witness"), ("worker", "fold")),
)
NOT_LOADED = (
    "扩展“{name}”（{distribution} {version}）无法载入（{error}），"
    "无从得知它是否还有未完成的工作；请修复或卸载它。 / "
    "The extension {name} ({distribution} {version}) cannot be loaded ({error}), so nobody knows what it "
    "still has to do; repair or uninstall it."
)
APPROVALS = "kinds of approvals are values of ApprovalKind"
UNREADABLE = (
    "无法读取文件。请使用 XLSX、XLS、ODS,或 UTF-8、GB18030 编码的 CSV，且不要加密。"
    " / The file cannot be read. Use XLSX, XLS, ODS, or CSV in UTF-8 or GB18030, without a password."
)
CHANGED = {
    **{("processes", f"{name}: pingyi worker {topic}"): PROCESSES for name, topic in LINES},
    **{("processes", f"{name}: pingyi {name}"): PROCESSES for name in ("relay", "scheduler")},
    **{
        ("tuples of words, such as counters", f"{name}/pingyi worker {topic}"): PROCESSES
        for name, topic in LINES
    },
    **{("words of the code", name): PROCESSES for name in ("assessor", "publisher", "worker")},
    **{
        ("tuples of words, such as counters", kinds): APPROVALS
        for kinds in ("adjustment/withdraw_adjustment", "publish/reopen")
    },
    **{
        ("tuples of words, such as counters", kinds): "kinds of adjustments are the keys of their titles"
        for kinds in ("deduction/bonus/warning", "deduction/bonus/warning/{}", "veto/disqualification")
    },
    **dict.fromkeys(
        (
            ("sentences", "检查员 / Inspector"),
            ("sentences", "被评单位联络员 / Unit liaison"),
            *(("words of the code", word) for word in ("Inspector", "inspector", "unit_liaison")),
        ),
        "nobody used these roles",
    ),
    (
        "sentences",
        NOT_LOADED,
    ): "also said where it is loaded and fails: 无法使用",
    **{
        ("settings", f"{name} '' {about} (default: {folder} below the state folder)"): "the default follows"
        " from a folder_setting; PINGYI_BALLOTS and PINGYI_BOX are settings of the surveys"
        for name, about, folder in (
            ("PINGYI_BALLOTS", "folder of the key files by which web hosts take ballots", "ballots"),
            ("PINGYI_BOX", "folder of the box keys, on the counting host", "box"),
        )
    },
    **dict.fromkeys(
        [
            (
                "sentences",
                "文字编码不对：应为 UTF-8 或 GB18030。 / The encoding is neither UTF-8 nor GB18030.",
            ),
            ("sentences", UNREADABLE),
            ("words of the code", "csv"),
        ],
        "UTF-16 is read, too, and a kind of the process that reads is called text",
    ),
    ("words of the code", "iso"): "deadlines are printed by the kind of approval",
    **{
        ("words of the code", parameter): "a statement is built from its model"
        for parameter in ("expires", "free", "longest", "nothing")
    },
    (
        "commands",
        "pingyi plugins: 渠道插件 / One line per channel: key, family, distribution, version, state.",
    ): "extensions are listed, too",
    (
        "commands",
        "pingyi worker: 后台作业 / Work on the queues named, or on all: one process each.",
    ): PROCESSES,
    **{
        ("keys of tables of sentences", state): STATES
        for state in ("draft", "open", "assessed", "published", "archived")
    },
    **{
        ("tuples of words, such as counters", span): STATES
        for span in ("draft/open", "draft/open/closed/assessed", "open/closed")
    },
    ("words of the code", "space"): LOCKS,
    ("words of the code", "lock"): LOCKS,
    **{
        ("words of the code", word): "values of statements, which are given by keyword or read into fields"
        for word in (
            *("a", "b", "adjustments_", "grade_", "rank_", "status_", "total_"),
            *("lease", "newer", "older", "sizes"),
        )
    },
    (
        "sentences",
        "演示数据，不是真实评议 / Demonstration, not a real evaluation",
    ): "both kinds of ballots now say the other's sentence: 演示：不是真实的评议",
    ("entry points", "pingyi.apps demonstration"): "the demonstration is a package of its own",
    (
        "routes",
        "/office/periods/<period>/ballots/<channel>/codes/<int:window>/removal ['OPTIONS', 'POST']",
    ): "no window has a number beyond the database's",
    ("words of the code", "rate_visit"): "an endpoint, now written with the name of its blueprint",
    ("tuples of words, such as counters", "rate/rate_visit"): "endpoints, which were no counter",
    (
        "contract of channels",
        "Message",
    ): "a refusal in both languages, instead of a table from English to Chinese",
    ("contract of channels", "Choice"): "a column whose choices have words, of the families before",
    ("tuples of words, such as counters", "title_zh/title_en"): "names of metadata, which were no counter",
    **dict.fromkeys(
        [
            *(("keys of tables of sentences", f"{star}_{end}") for star in ("", "*") for end in ENDINGS),
            *(("keys of tables of sentences", f"*_{end}") for end in ("count", "deducted")),
            *(("keys of tables of sentences", word) for word in NEWLY_TITLED),
            *(("sentences", f"{zh} /  {en}") for zh, en in PARTS_OF_TITLES),
            *(("sentences", f"{{word}}{zh} / {{word}} {en}") for zh, en in PARTS_OF_TITLES),
            *(("sentences", sentence) for sentence in TITLES),
            ("words of the code", "fact_titles"),
            *(("words of the code", f"{who}_count") for who in ("leader", "deputy", "other", "absent")),
        ],
        BY_CHANNEL,
    ),
}
"""Names that are gone on purpose, by their kind."""
TELL_MORE = {"Plugins": ("extensions", "broken_extensions")}
"""Answers of the API with fields that always come and once did not."""
REPLACED_IN_DATABASE = {
    "constraint: act ck_act_kind": "kinds of approvals are registered, 0009",
    "trigger: CREATE TRIGGER insert_only BEFORE DELETE OR UPDATE OF id, kind, period": "a new column, 0009",
    "constraint: unit_name pk_unit_name": "names are folded by the rule of a period, 0010",
    "index: CREATE UNIQUE INDEX pk_unit_name": "names are folded by the rule of a period, 0010",
    "constraint: upload uq_upload_channel_id_digest": "a file is judged anew each time, 0010",
    "index: CREATE UNIQUE INDEX uq_upload_channel_id_digest": "a file is judged anew each time, 0010",
    "right: uq_upload_channel_id_digest": "a file is judged anew each time, 0010",
    "column: act period_id bigint NO": "an approval may belong to no period, 0011",
    "constraint: act act_period_id_not_null": "an approval may belong to no period, 0011",
    "function: is_approved ": "an approval may belong to no period, 0011",
    **dict.fromkeys(
        (
            *(
                "column: scheme ",
                "constraint: scheme ",
                "right: scheme",
                "right: pk_scheme",
                "right: uq_scheme",
            ),
            *("column: questionnaire ", "constraint: questionnaire ", "right: questionnaire"),
            *("right: pk_questionnaire", "right: uq_questionnaire"),
            *("index: CREATE UNIQUE INDEX pk_scheme", "index: CREATE UNIQUE INDEX uq_scheme"),
            *("index: CREATE UNIQUE INDEX pk_questionnaire", "index: CREATE UNIQUE INDEX uq_questionnaire"),
            *("constraint: period fk_period_scheme_id", "function: refuse_issued_change"),
            *("constraint: ballot_box fk_ballot_box_questionnaire_id", "function: refuse_frozen_change"),
            "trigger: CREATE TRIGGER refuse_issued_change BEFORE DELETE OR UPDATE ON public.scheme",
            "trigger: CREATE TRIGGER refuse_frozen_change BEFORE DELETE OR UPDATE ON public.questionnaire",
        ),
        "schemes and questionnaires are documents, 0012",
    ),
}
"""How what a migration took away begins in the catalogue, and why."""
_LAST_SCHEME = "(SELECT coalesce(max(id), 0) FROM document WHERE kind = 'scheme')"
MOVED_TABLES = {
    "scheme": "SELECT id, key, version, toml AS document, digest, issued_at"
    " FROM document WHERE kind = 'scheme'",
    "questionnaire": f"SELECT id - {_LAST_SCHEME} AS id, key, version, toml AS document, digest, changed_by,"
    " changed_at, issued_at AS frozen_at FROM document WHERE kind = 'questionnaire'",
    "ballot_box": f"SELECT channel_id, kind, questionnaire_id - {_LAST_SCHEME} AS questionnaire_id, rules"
    " FROM ballot_box",
}
"""How the rows of a table that a migration moved are read as they stood there."""

RETITLED = {
    "sessions": "场次",
    "leader count": "主要负责人上线",
    "deputy count": "分管负责人上线",
    "other count": "其他人员上线",
    "absent count": "缺席",
    "answered on time样本": "按时答复样本",
    "answered on time率": "按时答复率",
    "answered on time得分": "按时答复得分",
}
"""Titles of facts on Chinese pages, before and after: see BY_CHANNEL, also for their order."""

Files = Mapping[str, bytes]
Keeper = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Masked:
    """A file's bytes with what may differ put out of the way, and how often that was done."""

    content: bytes
    exceptions: int


def masked(name: str, files: Files, rules: tuple[Rule, ...] = RULES) -> Masked:
    """Mask a file of a bundle by the rules that name it; bytes that no rule names stay as they are."""
    own = [rule for rule in rules if fnmatchcase(name, rule.files)]
    content = files[name]
    if not own:
        return Masked(content, 0)
    if any(not rule.field for rule in own):
        return Masked(b"", 1)
    if name.endswith(".json"):
        return _masked_text([content.decode()], own, keepers(files))
    lines = content.decode().split("\n")
    return _masked_text(lines, own, keepers(files, lines))


def keepers(files: Files, leaves: list[str] | None = None) -> dict[str, Keeper]:
    """For each `kept` of a rule, what stands in for a value; None leaves the value as it is."""
    places = _places(leaves or [])

    def own_digest(field: str, value: str) -> str | None:
        found = files.get(field.removeprefix("files."))
        fits = found is not None and hashlib.sha256(found).hexdigest() == value
        return "digest of the file" if fits else None

    def leaf(_field: str, value: str) -> str | None:
        return f"leaf {places[value]}" if value in places else None

    return {
        "nothing": lambda _field, _value: "*",
        "size": lambda _field, value: _head_line(value),
        "epoch": lambda _field, value: _origin(value),
        "note": lambda _field, value: _note(value),
        "own digest": own_digest,
        "leaf": leaf,
    }


def _places(leaves: list[str]) -> dict[str, int]:
    """The place of every leaf by its digest."""
    found = {}
    for place, line in enumerate(leaves):
        if line.startswith("{"):
            found[hashlib.sha256(b"\x00" + line.encode()).hexdigest()] = place
        elif " " in line:
            found[line.rpartition(" ")[2]] = place
    return found


def _masked_text(lines: list[str], rules: list[Rule], keep: Mapping[str, Keeper]) -> Masked:
    written, exceptions = [], 0
    for line in lines:
        text = line
        if not line.startswith(("{", "[")):
            # A leaf of another scope: its scope and its digest.
            text, count = re.subn(r"(?<= )[0-9a-f]{64}$", "*", line)
            if not any(rule.field == "digest" for rule in rules):
                text, count = line, 0
            exceptions += count
        else:
            for key, field, value in fields(json.loads(line)):
                rule = next((one for one in rules if fnmatchcase(field, one.field)), None)
                if rule is None or not isinstance(value, str):
                    continue
                stand_in = keep[rule.kept](field, value)
                if stand_in is not None:
                    text = text.replace(_member(key, value), _member(key, stand_in))
                    exceptions += 1
        written.append(text)
    return Masked("\n".join(written).encode(), exceptions)


def _member(key: str, value: str) -> str:
    return f"{json.dumps(key, ensure_ascii=False)}:{json.dumps(value, ensure_ascii=False)}"


def fields(document: Any, path: str = "", key: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every value of a JSON document that is no container: its own key, its path, itself."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from fields(value, f"{path}.{name}" if path else name, name)
    elif isinstance(document, list):
        for value in document:
            yield from fields(value, f"{path}.[]" if path else "[]", key)
    else:
        yield key, path, document


_ORIGIN = re.compile(r"pingyi/[0-9a-f]{16}/([0-9]+)")
_NOTE = re.compile(
    r"(?P<origin>\S+)\n(?P<size>[0-9]+)\n[A-Za-z0-9+/]{43}=\n\n— (?P<name>\S+) [A-Za-z0-9+/]{91}=\n"
)


def _origin(value: str) -> str | None:
    found = _ORIGIN.match(value)
    return f"pingyi/*/{found[1]}" if found else None


def _head_line(value: str) -> str | None:
    words = value.split(" ")
    origin = _origin(words[0])
    return f"{origin} {words[1]} *" if origin and len(words) == 3 else None


def _note(value: str) -> str | None:
    found = _NOTE.fullmatch(value)
    if found is None or found["origin"] != found["name"]:
        return None
    return f"{_origin(found['origin'])}\n{found['size']}\n*\n\n— {_origin(found['name'])} *\n"
