"""Write a workbook of typed tables; plain Python, no Odoo."""

import io


def write_workbook(sheets, digits=2, money_digits=2, total_label="Total"):
    """A workbook with one table per sheet: bold frozen header, filter, totals.

    Rows go to the disk as they come (``constant_memory``), so that its size does not matter.

    :param sheets: [(name, [(label, kind, width, value of a row)], rows)]; kinds are ``text``,
        ``date``, ``each`` (a quantity of its own unit), ``count``, and ``number``, ``quantity`` and
        ``money``, which are summed
    :param digits: decimals of quantities
    :return: bytes
    """
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as workbook:
        shapes = {
            "text": {},
            "date": {"num_format": "yyyy-mm-dd", "align": "left"},
            "number": {"num_format": "#,##0"},
            "count": {"num_format": "#,##0"},
            "quantity": {"num_format": _pattern(digits)},
            "each": {"num_format": _pattern(digits)},
            "money": {"num_format": _pattern(money_digits)},
        }
        formats = {kind: workbook.add_format(shape) for kind, shape in shapes.items()}
        totals = {
            kind: workbook.add_format({**shape, "bold": True, "top": 1})
            for kind, shape in shapes.items()
        }
        head = workbook.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#E7E9ED", "text_wrap": True, "valign": "top"}
        )
        for name, columns, rows in sheets:
            _write_sheet(
                workbook.add_worksheet(name[:31]), columns, rows, formats, totals, head, total_label
            )
    return buffer.getvalue()


#: Kinds of columns that have no sum.
_NOT_SUMMED = ("text", "date", "each", "count")


def _pattern(digits):
    return "#,##0." + "0" * digits if digits else "#,##0"


def _write_sheet(sheet, columns, rows, formats, totals, head, total_label):
    from xlsxwriter.utility import xl_col_to_name

    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for index, (label, _kind, width, _value) in enumerate(columns):
        sheet.set_column(index, index, width)
        sheet.write_string(0, index, label, head)
    sums = [0.0] * len(columns)
    last = 0
    for last, row in enumerate(rows, start=1):
        for index, (_label, kind, _width, value_of) in enumerate(columns):
            value = value_of(row)
            if value is None or value == "":
                continue
            if kind == "text":
                sheet.write_string(last, index, value)
            elif kind == "date":
                sheet.write_datetime(last, index, value, formats[kind])
            else:
                sheet.write_number(last, index, value, formats[kind])
                sums[index] += value
    if not last:
        return
    sheet.autofilter(0, 0, last, len(columns) - 1)
    if all(kind in _NOT_SUMMED for _label, kind, _width, _value in columns):
        return
    for index, (_label, kind, _width, _value) in enumerate(columns):
        if kind in _NOT_SUMMED:
            sheet.write(last + 1, index, None if index else total_label, totals["text"])
            continue
        # SUBTOTAL sums what the reader's filter leaves; the result is kept for readers that do
        # not calculate.
        column = xl_col_to_name(index)
        sheet.write_formula(
            last + 1,
            index,
            f"=SUBTOTAL(109,{column}2:{column}{last + 1})",
            totals[kind],
            sums[index],
        )
