{
    "name": "Backorder Management: Kits",
    "summary": "Which items are kits is asked once for an order, not line by line",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "backorder_mgmt contributors",
    "license": "LGPL-3",
    "depends": ["backorder_mgmt", "mrp"],
    "auto_install": True,
}
