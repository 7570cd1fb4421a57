{
    "name": "Backorder Management: Shop",
    "summary": "The shop offers what nobody else waits for",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "backorder_mgmt contributors",
    "license": "LGPL-3",
    "depends": ["backorder_mgmt", "website_sale_stock"],
    "auto_install": True,
}
