{
    "name": "Backorder Management: Loyalty",
    "summary": "Points and rewards of an order count once, also when its items become new orders",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "backorder_mgmt contributors",
    "license": "LGPL-3",
    "depends": ["backorder_mgmt", "sale_loyalty"],
    "auto_install": True,
}
