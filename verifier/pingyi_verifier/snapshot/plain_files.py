"""The plain files say the same as the frozen snapshot: the scheme, the period and the tables."""

from __future__ import annotations

import tomllib

from pingyi_verifier.folder.manifest import needed
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import Text, UnfitError
from pingyi_verifier.snapshot.tables import unlike_snapshot, wrong_tables

DATES = ("starts_on", "ends_on", "time_zone")
USUAL_ZONE = {"time_zone": "Asia/Shanghai"}


def check_plain_files(report: Report, bundle: Bundle) -> None:
    files, snapshot = bundle.files, bundle.snapshot
    faults: list[Text] = []
    if needed(files, "scheme.toml").decode() != snapshot["scheme"]:
        faults.append(unlike_snapshot("scheme.toml", "", ""))
    faults += wrong_period(bundle)
    faults += wrong_tables(files, snapshot)
    report.all_wrong(faults)
    if not faults:
        units, adjustments, decisions = (len(snapshot[n]) for n in ("units", "adjustments", "decisions"))
        report.ok(
            zh=f"快照：方案、{units} 个单位、{adjustments} 项加减分、{decisions} 项决定等与各文件相同。",
            en=(
                f"Snapshot: scheme, {units} units, {adjustments} adjustments, {decisions} decisions and "
                "the rest are those of the files."
            ),
        )


def wrong_period(bundle: Bundle) -> list[Text]:
    """Whether period.toml names this period, its dates and its time zone."""
    period = tomllib.loads(needed(bundle.files, "period.toml").decode("utf-8-sig"))
    frozen = bundle.snapshot["period"]
    if unknown := set(period) - {"key", "demonstration", *DATES}:
        raise UnfitError(
            zh=f"period.toml 有未知的 {sorted(unknown)}。",
            en=f"period.toml has unknown keys: {sorted(unknown)}.",
        )
    printed = [period.get("key"), *(str((USUAL_ZONE | period).get(name) or "") for name in DATES)]
    wanted = [bundle.period, *(str(frozen[name] or "") for name in DATES)]
    same = printed == wanted
    return [] if same else [unlike_snapshot("period.toml", " ".join(map(str, printed)), " ".join(wanted))]
