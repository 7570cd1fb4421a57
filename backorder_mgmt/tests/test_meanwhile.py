"""What one of our methods says to those further down holds inside its block, and nowhere else."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.backorder_mgmt.models.base.meanwhile import _NOW, Meanwhile

finding, telling = Meanwhile(), Meanwhile(default="nothing")


class _Refused(Exception):
    pass


@tagged("post_install", "-at_install")
class TestMeanwhile(TransactionCase):
    def test_it_is_so_in_the_block_only(self):
        with finding.so(self.env):
            self.assertIs(finding.now(self.env), True)
            self.assertEqual(telling.now(self.env), "nothing")
        self.assertIsNone(finding.now(self.env))
        self.assertNotIn(self.env.cr, _NOW)

    def test_it_ends_with_an_error(self):
        with self.assertRaises(_Refused), finding.so(self.env), telling.so(self.env, "a"):
            raise _Refused
        self.assertIsNone(finding.now(self.env))
        self.assertEqual(telling.now(self.env), "nothing")

    def test_a_block_in_a_block_is_the_inner_ones(self):
        with telling.so(self.env, "outer"), finding.so(self.env):
            with telling.so(self.env, "inner"):
                self.assertEqual(telling.now(self.env), "inner")
                self.assertIs(finding.now(self.env), True)
            self.assertEqual(telling.now(self.env), "outer")
            with telling.so(self.env, None):
                self.assertIsNone(telling.now(self.env))

    def test_it_outlives_what_is_rolled_back(self):
        with finding.so(self.env):
            with (
                self.assertRaises(_Refused),
                self.env.cr.savepoint(),
                telling.so(self.env, "a"),
            ):
                raise _Refused
            self.assertIs(finding.now(self.env), True)
            self.assertEqual(telling.now(self.env), "nothing")

    def test_it_is_heard_in_every_environment(self):
        partner = self.env.user.partner_id
        with finding.so(partner.sudo().with_context(lang="en_US").env):
            for records in (
                partner,
                partner.sudo(),
                partner.with_user(self.env.ref("base.user_admin")),
                partner.with_env(self.env(context={}, su=False)),
            ):
                self.assertIs(finding.now(records.env), True)

    def test_another_transaction_does_not_hear_it(self):
        with finding.so(self.env), self.registry.cursor() as cr:
            self.assertIsNone(finding.now(self.env(cr=cr)))
            with telling.so(self.env(cr=cr), "there"):
                self.assertEqual(telling.now(self.env), "nothing")
