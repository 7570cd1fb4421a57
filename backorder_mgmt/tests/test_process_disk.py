"""The disk of the server is full when the processor's documents are to be kept."""

import errno
from unittest.mock import patch

from odoo.exceptions import UserError

from .test_process import ProcessCommon


class TestFullDisk(ProcessCommon):
    def setUp(self):
        super().setUp()
        self._stock(self.product, 9)
        reports = type(self.env["ir.actions.report"])
        self.patch(reports, "_backorder_document_pdf", lambda *_args, **_named: b"%PDF-1.4")

    def _full_disk(self):
        """As the operating system says it where Odoo writes a file; a disk of ours we have not."""

        def write(_attachments, _value, _checksum):
            raise OSError(errno.ENOSPC, "No space left on device")

        return patch.object(type(self.env["ir.attachment"]), "_file_write", write)

    def _jobs(self):
        with self.enter_registry_test_mode():
            for _number in range(2):
                self.env.ref("backorder_mgmt.ir_cron_work_runs").method_direct_trigger()

    def test_the_orders_are_done_all_the_same_and_the_run_says_why_nothing_is_printed(self):
        order = self._quotation((self.product, 1))
        with self._full_disk():
            run = self._process(order, approve=True, print_documents=True)
            self.assertEqual((order.state, run.state), ("sale", "done"))
            self.assertIn("No space left on device", run.message_ids[0].body)
            with self.assertRaisesRegex(UserError, "No space left on device"):
                run.action_print_documents()
        self.assertFalse(run.document_id)
        run.action_print_documents()
        self.assertTrue(run.document_id)

    def test_in_the_background_the_job_ends_and_does_not_try_for_ever(self):
        self.company.backorder_run_threshold = 0
        orders = [self._quotation((self.product, 1)) for _number in range(2)]
        with self._full_disk():
            runs = [self._process(order, approve=True, print_documents=True) for order in orders]
            self._jobs()
        for run, order in zip(runs, orders, strict=True):
            self.assertEqual((order.state, run.state), ("sale", "done"))
            self.assertFalse(run.documents_due)
            self.assertIn("No space left on device", run.message_ids[0].body)

    def test_documents_that_break_leave_those_of_others_alone(self):
        self.company.backorder_run_threshold = 0
        orders = [self._quotation((self.product, 1)) for _number in range(2)]
        runs = [self._process(order, approve=True, print_documents=True) for order in orders]
        run_class = type(runs[0])
        make = run_class._process_make_documents

        def breaks(run):
            if run.id == runs[0].id:
                raise ValueError("a report of another addon")
            return make(run)

        with (
            patch.object(run_class, "_process_make_documents", breaks),
            self.assertLogs("odoo.addons.backorder_mgmt.models.base.jobs", "WARNING"),
        ):
            self._jobs()
        self.assertFalse(runs[0].document_id)
        self.assertIn("a report of another addon", runs[0].message_ids[0].body)
        self.assertTrue(runs[1].document_id)
