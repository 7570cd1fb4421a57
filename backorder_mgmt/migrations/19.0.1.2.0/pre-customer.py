def migrate(cr, version):
    """What orders take over from their customers: no order has a priority yet. By SQL, so that the
    ORM does not work it out for each order there is."""
    cr.execute("ALTER TABLE sale_order ADD COLUMN IF NOT EXISTS backorder_priority_id integer")
