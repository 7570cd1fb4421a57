"""The check of the rooms (``scripts/rooms.py``): upward calls are found, hooks are fine."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def rooms():
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "scripts" / "rooms.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def faults(rooms, tmp_path):
    """The sentences about an addon of these files: {path: source}."""

    def check(**files):
        for name, source in files.items():
            path = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return [fault.removeprefix(f"{tmp_path}/") for fault in rooms.check(tmp_path)]

    return check


HOOK = "class A:\n    def _hook(self):\n        pass\n"
EXTENDED = "class A:\n    def _hook(self):\n        super()._hook()\n        self._above()\n"
ABOVE = "class B:\n    def _above(self):\n        pass\n"


def test_the_addon_keeps_its_rooms(rooms):
    assert list(rooms.check(ROOT / "backorder_mgmt")) == []


def test_a_planted_upward_call_is_found(faults):
    source = "class A:\n    def write(self):\n        return self._above()\n"
    assert faults(models__hold__a=source, models__pay__b=ABOVE) == [
        "models/hold/a.py:3: hold calls _above, which is of pay: make it a hook"
    ]


def test_a_planted_upward_call_is_found_where_it_is_not_called_by_name(faults):
    source = "class A:\n    def write(self):\n        self.env.cr.precommit.add(self._above)\n"
    assert len(faults(models__hold__a=source, models__dates__b=ABOVE)) == 1


def test_a_call_downwards_is_fine(faults):
    source = "class A:\n    def write(self):\n        return self._above()\n"
    assert faults(models__pay__a=source, models__hold__b=ABOVE) == []


def test_a_hook_that_is_extended_above_is_fine(faults):
    source = HOOK + "\n    def write(self):\n        return self._hook()\n"
    extended = EXTENDED + "\n" + ABOVE
    assert faults(models__hold__a=source, models__dates__b=extended) == []


def test_an_extension_alone_does_not_make_a_hook(faults):
    source = "class A:\n    def write(self):\n        return self._above()\n"
    lower = "class A:\n    def _above(self):\n        return super()._above()\n"
    assert len(faults(models__hold__a=source, models__hold__c=lower, models__pay__b=ABOVE)) == 1


def test_rooms_beside_each_other_do_not_call_each_other(faults):
    source = "class A:\n    def write(self):\n        return self._above()\n"
    assert len(faults(models__pay__a=source, models__buy__b=ABOVE)) == 1


def test_a_field_of_ours_of_a_room_above_is_found(faults):
    source = "class A:\n    def write(self):\n        return self.backorder_due\n"
    above = "class B:\n    backorder_due = fields.Float()\n"
    assert len(faults(models__fill__a=source, models__pay__b=above)) == 1
    assert len(faults(models__pay__b=above, models__fill__a="")) == 0


def test_an_upward_import_is_found(faults):
    source = "from ..pay.b import B\nfrom ...engine import hold\n"
    assert faults(models__run__a=source, models__pay__b=ABOVE) == [
        "models/run/a.py:1: run imports from pay, which stands above it"
    ]


def test_only_a_button_opens_a_dialog(faults):
    wizard = "class W:\n    def _open_for(self):\n        pass\n"
    button = "class A:\n    def action_go(self):\n        return self.env['w']._open_for()\n"
    assert faults(models__run__a=button, wizards__w=wizard) == []
    assert len(faults(models__run__a=button.replace("action_go", "_go"), wizards__w=wizard)) == 1


def test_a_file_without_a_room_and_a_long_file_are_found(faults):
    assert len(faults(models__a="", models__hold__b="x = 1\n" * 401)) == 2


def test_what_is_set_aside_is_written_by_one_file(faults):
    source = 'class A:\n    def write(self):\n        self.put({"backorder_promised_qty": 1})\n'
    assert faults(models__hold__sale_order_line_set_aside=source) == []
    assert len(faults(models__hold__other=source)) == 1


def test_sizes_name_the_longest_method_of_each_room(rooms, tmp_path):
    file = tmp_path / "models" / "hold" / "stock_move.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        "class A:\n    def one(self):\n        pass\n\n"
        "    def two(self):\n        pass\n        pass\n"
    )
    assert "hold           1 files      7 lines; longest method 3 (stock_move.py: two)" in list(
        rooms.sizes(tmp_path)
    )


def test_what_passes_methods_of_odoos_says_why_it_is_no_argument(rooms, tmp_path):
    room = tmp_path / "backorder_mgmt" / "models" / "hold"
    room.mkdir(parents=True)
    room.joinpath("a.py").write_text(
        "listed = Meanwhile()\nnew = Meanwhile()\n"
        "records.with_context(**private(backorder_listed=1, backorder_new=2))\n"
    )
    table = tmp_path / "CONTRIBUTING.md"
    table.write_text(
        "| `backorder_listed` | … |\n| `backorder_gone` | … |\n"
        "| `listed` | … | … | `hold/a.py` |\n| `gone` | … | … | `hold/a.py` |\n"
    )
    assert [fault.split(":1: ")[1] for fault in rooms.check_keys(tmp_path)] == [
        "backorder_gone is there no more",
        "backorder_new has no row, which says why",
        "gone is there no more",
        "new has no row, which says why",
    ]
