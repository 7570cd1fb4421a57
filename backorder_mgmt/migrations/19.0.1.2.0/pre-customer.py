COLUMNS = {
    "backorder_priority_id": "integer",
    "backorder_accept": "varchar",
    "backorder_policy": "varchar",
    "backorder_max_shipments": "integer",
    "backorder_min_value": "numeric",
    "backorder_cancel_days": "integer",
}


def migrate(cr, version):
    """What orders take over from their customers. By SQL, so that the ORM does not work it out for
    each order there is: until now customers could only ask for complete orders, and what of theirs
    is open keeps to that. Empty is as before on all other orders."""
    for column, kind in COLUMNS.items():
        cr.execute(f"ALTER TABLE sale_order ADD COLUMN IF NOT EXISTS {column} {kind}")
    cr.execute(
        """
        UPDATE sale_order o
           SET backorder_policy = 'complete'
          FROM res_partner p, res_partner customer
         WHERE p.id = o.partner_id
           AND customer.id = p.commercial_partner_id
           AND customer.backorder_policy = 'complete'
           AND o.state <> 'cancel'
           AND o.backorder_policy IS NULL
        """
    )
    # It was everybody's default: now an empty field is the company's, which is the same.
    cr.execute("UPDATE res_partner SET backorder_policy = NULL WHERE backorder_policy = 'partial'")
