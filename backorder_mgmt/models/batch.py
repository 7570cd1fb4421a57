"""Writing many records with few writes."""


def by_values(vals_by_record):
    """Group ``{record: values}``: records that get the same values are written together.

    :return: yields (records, values), without records that get none
    """
    groups = {}
    for record, vals in vals_by_record.items():
        if vals:
            groups.setdefault(tuple(sorted(vals.items())), []).append(record)
    for items, records in groups.items():
        yield records[0].browse([record.id for record in records]), dict(items)
