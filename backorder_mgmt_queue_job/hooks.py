def uninstall_hook(env):
    """A job whose method or model is gone can be neither done nor cancelled, nor shown in the list
    of jobs. What they were to do the scheduled job does, now and not in its next hour."""
    # Only an uninstallation, which is superuser's, comes here.
    jobs = env["queue.job"].sudo().with_context(active_test=False)
    jobs.search([("model_name", "=", "backorder.run"), ("method_name", "=", "_job_work")]).unlink()
    env["backorder.run"]._trigger_work()
