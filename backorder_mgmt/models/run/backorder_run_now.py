"""One order, or some, filled at once: a run that nobody previewed."""

from odoo import api, fields, models


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    @api.model
    def _fill_now(self, orders, wanted, lines=None, strict=False, **options):
        """Fill ``orders`` of one company at once.

        :param wanted: {line: quantity}: exactly this or an error, and then nothing is changed;
            None: everything possible
        :param lines: with ``wanted`` None: only these lines of the orders
        :param strict: with ``wanted`` None: a person asks, and is told when nothing can be filled
        :return: the run, done; none where no line is named, or none waits
        :raise UserError: ``strict``, and nothing can be filled
        """
        # sudo: the caller may change these orders; quants, moves and the ledger are not a
        # salesman's to write, and the run is kept for them as theirs.
        orders = orders.sudo()
        company = orders.company_id
        model = self.sudo().with_company(company)
        if wanted is not None and not wanted:
            return self.browse()
        facts = orders._backorder_lock_stock(touch=True)
        # Checked before the run is made: what is refused takes no number.
        vals = self._prepare_fill_now_vals(orders, company, **options)
        if wanted is None:
            draft = model.new(vals)
            plan = draft._plan(lines=lines and lines.sudo())
            if strict:
                draft._check_fills_something(*plan)
            if not plan[0]:
                return self.browse()
        else:
            wanted = {line.sudo(): qty for line, qty in wanted.items()}
            rows = model._check_wanted(wanted, facts)
        if wanted is None:
            run = model._backorder_create(vals)
            run._keep_plan(*plan)
            run._execute()
        else:
            # Nor does what is refused later, when its new order is compared: see `_take_number`.
            run = model._backorder_create({**vals, "name": "/"})
            run._keep_wanted(rows)
            run._do_rows_fill(run._pending(), facts)
            run._finish()
        return run.with_env(self.env)

    def _take_number(self):
        """A run that was made without a number gets it, once nothing can be refused any more."""
        if self.name == "/":
            self._backorder_write({"name": self._next_name(self.company_id.id)})

    def _prepare_fill_now_vals(self, orders, company, **options):
        return {
            "company_id": company.id,
            "order_ids": [fields.Command.set(orders.ids)],
            "user_id": self.env.uid,
            "state": "running",
            "date_planned": fields.Datetime.now(),
            "approve_complete": company.backorder_approve_new_order,
            "approve_partial": company.backorder_approve_new_order,
            "charge_cards": company.backorder_charge_cards,
            **options,
        }

    def _check_wanted(self, wanted, facts):
        """Values of the rows for quantities that a person asked for, each checked.

        :param facts: :class:`LineFacts` of the orders' lines
        """
        lines = self.env["sale.order.line"].browse([line.id for line in wanted])
        for order in lines.order_id:
            order._backorder_check_last_po((order.order_line & lines).filtered(wanted.get))
        supply = lines._backorder_supply(facts)
        rows, stays = [], lines._backorder_stay_reasons()
        for order, of_order in lines.grouped("order_id").items():
            for line in of_order:
                available = line._backorder_available(supply, facts)
                line._backorder_check_fill(wanted[line], available, facts)
                line._backorder_take_fill(supply, facts, wanted[line])
                rows.append(
                    self._prepare_wanted_line_vals(line, available, wanted[line], stays.get(line))
                )
            order._backorder_check_terms({line: wanted[line] for line in of_order})
        return rows

    def _keep_wanted(self, rows):
        """Make the rows of a run of what :meth:`_check_wanted` found in order."""
        of_run = {"run_id": self.id, "company_id": self.company_id.id}
        self.env["backorder.run.line"]._backorder_create([{**vals, **of_run} for vals in rows])
        orders = dict.fromkeys(vals["order_id"] for vals in rows)
        self.env["backorder.run.order"]._backorder_create(
            [{**of_run, "order_id": order_id} for order_id in orders]
        )

    def _prepare_wanted_line_vals(self, line, available, quantity, stay=False):
        label = line._backorder_quantity_label
        left = line.backorder_qty - quantity
        if stay and quantity > 0:
            reason = "on_order"
            message = self.line_ids._on_order_words(line, quantity, left, stay)
        elif line._backorder_compare(left, 0.0) <= 0:
            reason, message = "filled", self.env._("Filled: %s.", label(quantity))
        elif quantity > 0:
            reason = "partial_stock"
            message = self.env._(
                "%(filled)s filled, %(left)s still needed.",
                filled=label(quantity),
                left=label(left),
            )
        else:
            reason, message = "skipped", self.env._("Nothing was to be filled on this line.")
        # Who was given all that there is waits for nothing more.
        cancelled = self._cancelled_rest(line, quantity)
        if cancelled and line._backorder_compare(quantity, available) >= 0:
            reason, message = "not_accepted", self._cancel_words(line, quantity, cancelled)
        return self._prepare_line_vals(line, available, quantity, reason, message)
