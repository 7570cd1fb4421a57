{
    "name": "Backorder Management: Job Queue",
    "summary": "Each batch of a fill in the background is a job of OCA's queue_job",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "backorder_mgmt contributors",
    "license": "LGPL-3",
    "depends": ["backorder_mgmt", "queue_job"],
    "data": ["data/queue_job_data.xml"],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
