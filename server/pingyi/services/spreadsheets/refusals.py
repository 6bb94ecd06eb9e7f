"""Why a file is not read, each with what to do instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.services.spreadsheets.sheet_rows import MAX_ROWS


def refusal(code: str) -> Problem:
    """The refusal of the process that reads, or of what a file's first bytes say it is."""
    if code in _FOREIGN:
        return Problem("file_unreadable", 422, _FOREIGN[code])
    return _REFUSALS[code]()


_FOREIGN = {
    "is_html": Text(
        zh="这个文件内容其实是网页（HTML），不是 Excel 表；请用 Excel/WPS 打开后另存为 XLSX 再上传。",
        en="This file is a web page (HTML), no spreadsheet; open it in Excel or WPS and save it as XLSX.",
    ),
    "is_mhtml": Text(
        zh="这个文件内容其实是网页（MHTML），不是 Excel 表；请用 Excel/WPS 打开后另存为 XLSX 再上传。",
        en="This file is a web archive (MHTML), no spreadsheet; open it in Excel or WPS and save it as XLSX.",
    ),
    "is_pdf": Text(
        zh="这个文件是 PDF，无法读取其中的表格；请上传原来的 Excel 表。",
        en="This file is a PDF, whose tables cannot be read; upload the spreadsheet that it was made from.",
    ),
    "is_picture": Text(
        zh="这个文件是图片，无法读取；请上传 Excel 表或 CSV。",
        en="This file is a picture; upload a spreadsheet or CSV.",
    ),
    "is_archive": Text(
        zh="这个文件是压缩包；请解压后上传其中的表格。",
        en="This file is an archive; unpack it and upload the table inside.",
    ),
    "is_document": Text(
        zh="这个文件是文字文档或演示文稿，不是表格；请用 Excel/WPS 另存为 XLSX 再上传。",
        en="This file is a document or a presentation, no spreadsheet; save the table as XLSX.",
    ),
    "is_xlsb": Text(
        zh="这个文件是二进制工作簿（XLSB）；请用 Excel/WPS 打开后另存为 XLSX 再上传。",
        en="This file is a binary workbook (XLSB); open it in Excel or WPS and save it as XLSX.",
    ),
    "is_locked": Text(
        zh="这个文件设有打开密码，无法读取；请取消密码后再上传。",
        en="This file is locked with a password; remove it and upload the file again.",
    ),
}
_FILE_EMPTY = Text(zh="文件中没有内容。", en="There is nothing in the file.")
_FILE_UNREADABLE = Text(
    zh="无法读取文件。请使用 XLSX、XLS、ODS，或 UTF-8、UTF-16、GB18030 编码的 CSV，且不要加密。",
    en="The file cannot be read. Use XLSX, XLS, ODS, or CSV in UTF-8, UTF-16 or GB18030, without a password.",
)
_FILE_EXPANDS = Text(
    zh="文件解压后过大，已拒绝读取。请另存为只含数据的新文件。",
    en="The file expands to far more than it should and was not read; save the data alone as a new file.",
)
_TOO_MANY_ROWS = Text(zh="一个文件至多{most}行数据。", en="A file has at most {most} rows of data.").format(
    most=MAX_ROWS
)
_FILE_TOO_COMPLEX = Text(
    zh="文件过于复杂，读取已中止。请另存为只含数据的新文件。",
    en="The file takes too long or too much memory to read; save the data alone as a new file.",
)
_SHEET_MISSING = Text(
    zh="文件中没有这个名称的可见工作表；请核对名称，或取消隐藏。",
    en="The file has no visible sheet of this name; check the name, or unhide the sheet.",
)

_REFUSALS: Mapping[str, Callable[[], Problem]] = {
    "file_empty": lambda: Problem("file_empty", 422, _FILE_EMPTY),
    "file_unreadable": lambda: Problem("file_unreadable", 422, _FILE_UNREADABLE),
    "file_expands": lambda: Problem("file_expands", 422, _FILE_EXPANDS),
    "too_many_rows": lambda: Problem("too_many_rows", 422, _TOO_MANY_ROWS),
    "file_too_complex": lambda: Problem("file_too_complex", 422, _FILE_TOO_COMPLEX),
    "sheet_missing": lambda: Problem("sheet_missing", 422, _SHEET_MISSING),
}
