{
    "name": "Backorder Management: Kits in the Shop",
    "summary": "A cart with parts of a kit is told how many kits are left",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "backorder_mgmt contributors",
    "license": "LGPL-3",
    "depends": ["backorder_mgmt_website_sale_stock", "website_sale_mrp"],
    "auto_install": True,
}
