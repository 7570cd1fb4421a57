"""What a clerk sees of a fill in the background, beside what is truly committed of it."""

import time

import psycopg2

AT_WORK = ("queued", "running")


class ProgressBar:
    """The progress of one fill, as its form reads it, looked at again and again.

    :param client: of the server that is asked; may be another one later
    """

    def __init__(self, client, db, run):
        self.client, self.run = client, run
        self.looks = []
        self._connection = psycopg2.connect(dbname=db)
        self._connection.autocommit = True

    def _committed(self):
        """Percentage of the fill's orders whose outcome is committed; 0 where it has none yet."""
        with self._connection.cursor() as cr:
            cr.execute(
                "SELECT COUNT(outcome), COUNT(*) FROM backorder_run_order WHERE run_id = %s",
                [self.run],
            )
            done, total = cr.fetchone()
        return 100.0 * done / total if total else 0.0

    def look(self):
        """The state of the fill, as the form says it now."""
        least = self._committed()
        [shown] = self.client.call("backorder.run", "read", [self.run], ["state", "progress"])
        self.looks.append((least, shown["progress"], self._committed(), shown["state"]))
        return shown["state"]

    def until_it_ends(self, seconds, meanwhile=None, every=0.05):
        """Look ``every`` so many seconds, and do ``meanwhile()`` before, until it is over; the last
        state."""
        end = time.monotonic() + seconds
        state = self.look()
        while state in AT_WORK and time.monotonic() < end:
            if meanwhile:
                meanwhile()
            time.sleep(every)
            state = self.look()
        return state

    def assert_true(self):
        """It was never ahead of what is committed nor behind it, never went back, and was complete
        when the fill was."""
        assert self.looks
        for least, shown, most, state in self.looks:
            assert least <= shown + 0.01, "the progress bar is behind what is done"
            assert shown <= most + 0.01 <= 100.02, "the progress bar is ahead of what is done"
            if state not in AT_WORK:
                assert shown == 100, f"{state}, and the progress bar says {shown}"
        shares = [shown for _least, shown, _most, _state in self.looks]
        assert shares == sorted(shares), "the progress bar went back"

    def close(self):
        self._connection.close()
