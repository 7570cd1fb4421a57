from collections import defaultdict
from itertools import islice

from odoo import api, models
from odoo.tools.constants import PREFETCH_MAX

from odoo.addons.backorder_mgmt.models.base.batch import listeners

#: How `mrp` finds kits.
_FINDS_KITS = ("_bom_find", "_bom_find_domain")
#: In the cursor's cache, which ends with the transaction and with a savepoint that is rolled back:
#: {product id: whether it is a kit in some company}.
_ASKED = "backorder_mgmt_mrp.kits"


class MrpBom(models.Model):
    _inherit = "mrp.bom"

    @api.model
    def _bom_find(self, products, picking_type=None, company_id=False, bom_type=False):
        """Kits are looked for among those items only that are a kit anywhere. With another
        module's own way to find them, all are looked for."""
        own_way = any(listeners(self, name, ("mrp",)) for name in _FINDS_KITS)
        if bom_type == "phantom" and not own_way:
            products = products._backorder_kits_somewhere()
            if not products:
                return defaultdict(self.browse)
        return super()._bom_find(
            products, picking_type=picking_type, company_id=company_id, bom_type=bom_type
        )

    @api.model_create_multi
    def create(self, vals_list):
        boms = super().create(vals_list)
        self.env.cr.cache.pop(_ASKED, None)
        return boms

    def write(self, vals):
        result = super().write(vals)
        self.env.cr.cache.pop(_ASKED, None)
        return result


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _backorder_kits_somewhere(self):
        """Asked once in a transaction, with all that were read together with those of ``self``."""
        asked = self.env.cr.cache.setdefault(_ASKED, {})
        new = [product_id for product_id in self.ids if product_id not in asked]
        if new:
            together = self.browse(islice(self._prefetch_ids, PREFETCH_MAX)).ids
            known = self.browse(dict.fromkeys([*new, *together]))
            kits = super(ProductProduct, known)._backorder_kits_somewhere()
            asked.update(dict.fromkeys(known.ids, False) | dict.fromkeys(kits.ids, True))
        return self.filtered(lambda product: asked.get(product._origin.id))
