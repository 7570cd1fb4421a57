{
    "name": "Backorder Management: Click & Collect",
    "summary": "A store offers for pick-up what nobody else waits for",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "backorder_mgmt contributors",
    "license": "LGPL-3",
    "depends": ["backorder_mgmt_website_sale_stock", "website_sale_collect"],
    "auto_install": True,
}
