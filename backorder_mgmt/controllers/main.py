from odoo.http import Controller, content_disposition, request, route

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BackorderController(Controller):
    @route("/backorder_mgmt/run/<int:run_id>.xlsx", type="http", auth="user", readonly=True)
    def run_xlsx(self, run_id):
        """The workbook of a fill, to whoever may read it; 404 for everybody else."""
        return self._workbook(request.env["backorder.run"].search([("id", "=", run_id)]))

    @route("/backorder_mgmt/list/<int:list_id>.xlsx", type="http", auth="user", readonly=True)
    def list_xlsx(self, list_id):
        """The workbook of a report of backorders, to whoever asked for it; 404 for others."""
        own = [("id", "=", list_id), ("create_uid", "=", request.env.uid)]
        return self._workbook(request.env["backorder.list"].search(own))

    def _workbook(self, document):
        if not document:
            raise request.not_found()
        name = f"{document._report_file_name()}.xlsx"
        return request.make_response(
            document._export_xlsx(),
            [("Content-Type", XLSX), ("Content-Disposition", content_disposition(name))],
        )
