"""Makes scores.xls and scores.ods anew: `python make.py`, with openpyxl and Gnumeric's ssconvert installed.

The program that writes them is one that operators use; the tests only read what it wrote.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from openpyxl import Workbook

HERE = Path(__file__).parent
ROWS = (
    ("2017年依法行政评分表", None, None),
    ("单位", "考核", None),
    (None, "得分", "依据"),
    ("A01", "=4+0.1", "通报３号"),
    ("市公安局", "３．５", "+86-1"),
)


def main() -> None:
    book = Workbook()
    for row in ROWS:
        book.active.append(row)
    for area in ("A1:C1", "A2:A3", "B2:C2"):
        book.active.merge_cells(area)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "scores.xlsx"
        book.save(source)
        for kind, name in (
            ("Gnumeric_Excel:excel_biff8", "scores.xls"),
            ("Gnumeric_OpenCalc:odf", "scores.ods"),
        ):
            subprocess.run(["ssconvert", "--recalc", "-T", kind, source, HERE / name], check=True)


if __name__ == "__main__":
    main()
