COLUMNS = {
    "backorder_priority_id": "integer",
    "backorder_accept": "varchar DEFAULT 'yes'",
    "backorder_policy": "varchar DEFAULT 'partial'",
    "backorder_max_shipments": "integer DEFAULT 0",
    "backorder_min_value": "numeric DEFAULT 0",
    "backorder_cancel_days": "integer DEFAULT 0",
}


def migrate(cr, version):
    """What orders take over from their customers. By SQL, so that the ORM does not work it out for
    each order there is: until now customers could only ask for complete orders, and what of theirs
    is open keeps to that. All other orders are without limits, as before."""
    for column, kind in COLUMNS.items():
        cr.execute(f"ALTER TABLE sale_order ADD COLUMN IF NOT EXISTS {column} {kind}")
        # The default only served the orders that there are.
        cr.execute(f"ALTER TABLE sale_order ALTER COLUMN {column} DROP DEFAULT")
    cr.execute(
        """
        UPDATE sale_order o
           SET backorder_policy = 'complete'
          FROM res_partner p, res_partner customer
         WHERE p.id = o.partner_id
           AND customer.id = p.commercial_partner_id
           AND customer.backorder_policy = 'complete'
           AND o.state <> 'cancel'
           AND o.backorder_policy = 'partial'
        """
    )
    # It was everybody's default: now an empty field is the company's, which is the same.
    cr.execute("UPDATE res_partner SET backorder_policy = NULL WHERE backorder_policy = 'partial'")
