def migrate(cr, version):
    """What a fill moved to a line of a new order is remembered: of earlier fills, what it has now,
    in the product's unit. By SQL, as order lines may be millions; few have an original line."""
    for column in ("backorder_moved_qty", "backorder_moved_forced_qty"):
        cr.execute(f"ALTER TABLE sale_order_line ADD COLUMN IF NOT EXISTS {column} float8")
    cr.execute(
        """
        UPDATE sale_order_line line
           SET backorder_moved_qty = line.product_uom_qty * own.factor / base.factor
          FROM product_product product, product_template template, uom_uom own, uom_uom base
         WHERE line.backorder_origin_line_id IS NOT NULL
           AND product.id = line.product_id
           AND template.id = product.product_tmpl_id
           AND own.id = line.product_uom_id
           AND base.id = template.uom_id
        """
    )
