"""What the Multi-Order Processor says of the chosen orders before anything is done."""

from odoo import models


class BackorderRun(models.Model):
    _inherit = "backorder.run"

    def _process_tallies(self):
        """What there is of the chosen orders when stock is dealt out over all of them.

        :return: values of the figures of the dialog ``backorder.process``; amounts in the
            company's currency
        """
        orders, refused, money, dealt = self._process_plan()
        outcomes = [dealt.outcome(order) for order in orders if order not in refused]
        return {
            "order_count": len(orders),
            "complete_count": outcomes.count("complete"),
            "partial_count": outcomes.count("partial"),
            "none_count": outcomes.count("none"),
            "skipped_count": len(refused),
            "expired_count": len(orders.filtered("is_expired")),
            "amount_total": sum(_in_company_currency(o, o.amount_total) for o in orders),
            "amount_due": sum(
                _in_company_currency(order, max(0.0, figures.due))
                for order, figures in money.items()
                if order.state != "cancel"
            ),
            "skipped_note": self._process_refused_words(refused),
        }

    def _process_refused_words(self, refused):
        """One line for each reason: which orders, and the sentence, or the reason's label where
        the orders have sentences of their own.

        :param refused: {order: (code, sentence)}
        """
        labels = dict(
            self.env["backorder.run.order"]._fields["skip_reason"]._description_selection(self.env)
        )
        reasons = {}
        for order, (code, sentence) in refused.items():
            reasons.setdefault(code, {})[order.name or ""] = sentence
        words = []
        for code, sentences in reasons.items():
            names, different = list(sentences), set(sentences.values())
            sentence = different.pop() if len(different) == 1 else f"{labels[code]}."
            listed = ", ".join(names[:3])
            if len(names) > 3:
                listed = self.env._(
                    "%(names)s and %(count)s more", names=listed, count=len(names) - 3
                )
            words.append(f"{listed}: {sentence}")
        return "\n".join(words)


def _in_company_currency(order, amount):
    return amount / (order.currency_rate or 1.0)
