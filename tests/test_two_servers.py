"""Two servers with worker processes on one database share a fill, and one of them dies."""

from dying_server import fill_while_one_dies

# The shop and its fixture are those of the single orders.
from test_many_workers import Shop, shop  # noqa: F401

from benchmarks.client import Server

#: Fifty orders are a batch: each part of the fill has two.
GROUPS, ORDERS = 4, 60


def at_work(cr):
    """Process ids of the servers that have orders of a fill in hand just now.

    Their workers' connections bear the name of the server, which loaded the registry.
    """
    cr.execute(
        """
        SELECT DISTINCT activity.application_name
          FROM pg_locks held
          JOIN pg_stat_activity activity ON activity.pid = held.pid
         WHERE held.relation = 'backorder_run_order'::regclass
           AND held.mode IN ('RowShareLock', 'RowExclusiveLock')
           AND activity.datname = current_database()
        """
    )
    names = [row[0] for row in cr.fetchall()]
    cr.rollback()
    return {int(name.split("-")[1]) for name in names if name.startswith("odoo-")}


def test_two_servers_share_a_fill_and_one_goes_on_when_the_other_dies(shop: Shop, tmp_path):  # noqa: F811
    shop.setting(backorder_fill_approved="new_order", backorder_run_threshold=0)
    shop.only_our_jobs()
    products = [shop.product(f"Shared {number}", 0) for number in range(GROUPS)]
    orders = [
        order for product in products for order in shop.orders(ORDERS, (product, 2), confirm=True)
    ]
    for product in products:
        shop.receive(product, 2 * ORDERS)
    db = shop.registry.db_name
    servers = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        servers.append(Server(db, tmp_path / name, workers=2))
    with shop.registry.cursor() as cr:

        def busy():
            pids = at_work(cr)
            return [number for number in (0, 1) if servers[number].process.pid in pids]

        run = fill_while_one_dies(db, servers, orders, busy, seconds=150)

    def at_the_end(env):
        record = env["backorder.run"].browse(run)
        assert set(record.run_order_ids.mapped("outcome")) == {"complete"}
        children = env["sale.order"].browse(orders).backorder_child_ids
        assert len(children) == len(orders), "an order was filled twice, or not at all"
        assert not env["backorder.check"].run_checks()

    shop.commit(at_the_end)
    for product in products:
        assert shop.figures(product)[1:] == (2 * ORDERS, 2 * ORDERS, 0, 0)
