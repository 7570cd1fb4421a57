"""Tables cut into printed pages: plain Python, no Odoo.

wkhtmltopdf without its own Qt, as Debian has it, prints no headers and footers, no page numbers,
and does not repeat the heads of tables. So the rows are dealt out to pages by their height, and
each page is written with its own head line and table heads.
"""

import math
import textwrap
import unicodedata

# All in the pixels of report_backorder_style, for A4 lying.
PAGE_WIDTH, PAGE_HEIGHT = 1370, 890
HEAD_LINE, TITLE, TABLE_HEAD, LINE, ROW_SPACE = 26, 40, 27, 17, 10
LETTER = 6.7  # the width of a letter, generously

TONES = {
    "good": "#e6f4ea",
    "part": "#fff4dc",
    "bad": "#fbe4e4",
    "none": "#ffffff",
}


def section(title, columns, rows, empty):
    """A table of a report.

    :param columns: [(label, width in per cent, ``left`` or ``right``)]
    :param rows: [(tone, [cell, in words])]
    :param empty: what is said where there are no rows
    """
    return {
        "title": title,
        "count": len(rows),
        "columns": [
            {"label": label, "width": width, "align": align} for label, width, align in columns
        ],
        "rows": rows,
        "empty": empty,
        "continued": False,
    }


def paginate(sections, top):
    """Deal the rows out to pages.

    :param top: what the head of the first page takes
    :return: [[section with the rows of this page]]
    """
    pages, left = [[]], PAGE_HEIGHT - top
    for own in sections:
        heights = [_row_height(own["columns"], cells) for _tone, cells in own["rows"]]
        room = TITLE + TABLE_HEAD
        part = {**own, "rows": []}
        if left < room + (heights[0] if heights else LINE + ROW_SPACE):
            pages.append([])
            left = PAGE_HEIGHT - HEAD_LINE
        pages[-1].append(part)
        left -= room
        for row, height in zip(own["rows"], heights, strict=True):
            if height > left and part["rows"]:
                part = {**own, "rows": [], "continued": True}
                pages.append([part])
                left = PAGE_HEIGHT - HEAD_LINE - room
            part["rows"].append(row)
            left -= height
        if not heights:
            left -= LINE + ROW_SPACE
    return pages


def _row_height(columns, cells):
    count = max(
        line_count(cell, column["width"] * PAGE_WIDTH / 100 - 12)
        for column, cell in zip(columns, cells, strict=True)
    )
    return count * LINE + ROW_SPACE


def line_count(text, width):
    """How many lines ``text`` takes in ``width`` pixels."""
    letters = max(1, math.floor(width / LETTER))
    if not text.isascii():
        # Chinese, Japanese and Korean letters are twice as wide, and break anywhere.
        text = "".join(
            "mm" if unicodedata.east_asian_width(letter) in "WF" else letter for letter in text
        )
    return 1 if len(text) <= letters else len(textwrap.wrap(text, letters))
