"""Make the scripts and styles of pages and prints, and keep them.

For ``odoo shell``, and for ``conftest.py``. A browser test rolls back what it made, and so would
make them again each time: with all apps of the company ten seconds and more.
"""
# ruff: noqa: F821 - env is the shell's


def used(bundles):
    return sorted(
        name
        for name in bundles
        if name.startswith("web.assets_") and "unit_tests" not in name and "dark" not in name
    )


qweb = env["ir.qweb"]
scripts, styles = qweb._get_bundles_to_pregenarate()
for bundle in used(scripts):
    qweb._get_asset_bundle(bundle, css=False, js=True).js()
for bundle in used(styles):
    qweb._get_asset_bundle(bundle, css=True, js=False).css()
for bundle in ("web.report_assets_pdf", "web.report_assets_common"):
    # As web.minimal_layout asks for them, and the preview of a report.
    for autoprefix in (True, False):
        qweb._get_asset_bundle(bundle, css=True, js=False, autoprefix=autoprefix).css()
qweb._get_asset_bundle("web.report_assets_pdf", css=False, js=True).js()
env.cr.commit()
