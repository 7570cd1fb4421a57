from odoo.http import Controller, content_disposition, request, route

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BackorderController(Controller):
    @route("/backorder_mgmt/run/<int:run_id>.xlsx", type="http", auth="user", readonly=True)
    def run_xlsx(self, run_id):
        """The workbook of a fill, to whoever may read it; 404 for everybody else."""
        run = request.env["backorder.run"].search([("id", "=", run_id)])
        if not run:
            raise request.not_found()
        return request.make_response(
            run._export_xlsx(),
            [
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition(f"{run._report_file_name()}.xlsx")),
            ],
        )
