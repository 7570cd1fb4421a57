from odoo import models


class Website(models.Model):
    _inherit = "website"

    def _get_product_available_qty(self, product, **kwargs):
        """What the shop may offer: not what is kept for those who wait already."""
        free = super()._get_product_available_qty(product, **kwargs)
        return free - self._backorder_kept_qty(product, self.warehouse_id, self.company_id)

    def _backorder_kept_qty(self, product, warehouse, company):
        """What is kept of ``product`` where the shop sells it from.

        :param warehouse: none: every warehouse of the company, as Odoo counts then
        """
        # sudo: a visitor sees no warehouse
        warehouses = warehouse.sudo() or self.env["stock.warehouse"].sudo().search(
            [("company_id", "=", company.id)]
        )
        return product._backorder_kept_qty(warehouses)
