#!/usr/bin/env python3
"""Keep the rooms of the house: nobody calls, or imports from, a room that stands above his own.

A method belongs to the rooms that define it. One that calls ``super()`` of itself extends what is
defined elsewhere: a hook belongs to the room that has it first, and who extends it may stand above.
Names that Odoo defines are nobody's. Files of more than 400 lines are too long. What is set aside
is written by one file.

    scripts/rooms.py [folder of the addon]
    scripts/rooms.py --sizes: files, lines and the longest method of each room
"""

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

#: What each room stands on, besides what these stand on.
STANDS_ON = {
    "engine": (),
    "base": ("engine",),
    "hold": ("base",),
    "fill": ("hold",),
    "run": ("fill",),
    "reports": ("run",),
    "process": ("run", "reports"),
    "dates": ("run",),
    "buy": ("dates",),
    "pay": ("process",),
    "show": ("buy", "pay"),
    "wizards": ("process", "buy", "pay", "dates", "show"),
    "controllers": ("wizards",),
}
#: Defined by Odoo as well, and meant so where a room calls it.
ODOO = {"action_confirm"}
#: Names of fields that are ours. Others are called as many of Odoo's are.
FIELD = "backorder_"
#: A button opens a dialog: in methods called so, openers of `wizards` may be called.
BUTTON, OPENER = "action_", "_open"
MOST_LINES = 400
#: A row of CONTRIBUTING's tables of what passes methods of Odoo's: keys of the context, and what is
#: so meanwhile.
KEY_ROW = re.compile(r"^\| `(backorder_\w+)` \|", re.MULTILINE)
MEANWHILE_ROW = re.compile(r"^\| `(?!backorder_)([a-z_]\w+)` \|.*\| `\S+\.py` \|$", re.MULTILINE)
#: The only file that gives these fields values.
SET_ASIDE = Path("models", "hold", "sale_order_line_set_aside.py")
ONE_WRITER = dict.fromkeys(("backorder_promised_qty", "backorder_promised_product_qty"), SET_ASIDE)


def below(room):
    """``room`` and everything that it stands on."""
    found = {room}
    for lower in STANDS_ON[room]:
        found |= below(lower)
    return found


ALLOWED = {room: below(room) for room in STANDS_ON}


def room_of(path):
    """The room of a file's path inside the addon; None: it is in none (tests, migrations)."""
    parts = path.parts[1:] if path.parts[0] == "models" else path.parts
    return parts[0] if len(parts) > 1 and parts[0] in STANDS_ON else None


def is_super(node, name):
    """``super().name``, whatever ``super`` is given."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "super"
    )


def methods(tree):
    """The functions of a file's classes, and those of the file itself."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        yield from (item for item in inner if isinstance(item, ast.FunctionDef))


def fields(tree):
    """The names that a file's classes assign: fields, mostly."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                target = item.targets[0] if isinstance(item, ast.Assign) else None
                if isinstance(item, ast.AnnAssign):  # of a plain object of ours
                    target = item.target
                if isinstance(target, ast.Name):
                    yield target.id


def definitions(trees):
    """{name of a method or field: rooms that define it}, without what is only extended here."""
    defined = defaultdict(set)
    for path, tree in trees.items():
        for method in methods(tree):
            if not any(is_super(node, method.name) for node in ast.walk(method)):
                defined[method.name].add(room_of(path))
    for path, tree in trees.items():
        # What is typed in a dialog is handed down as the options of a service.
        for name in fields(tree) if room_of(path) != "wizards" else ():
            if name.startswith(FIELD) or name in defined:
                defined[name].add(room_of(path))
    return {name: rooms for name, rooms in defined.items() if name not in ODOO}


def module_of(path, node):
    """The path inside the addon that a relative import means."""
    folder = list(path.parts[: len(path.parts) - node.level])
    return Path(*folder, *(node.module or "").split("."), "_.py")


def check_imports(path, tree, room):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and path.name != "__init__.py":
            target = module_of(path, node)
            other = room_of(target)
            if other and other not in ALLOWED[room]:
                yield node.lineno, f"{room} imports from {other}, which stands above it"


def check_calls(tree, room, defined):
    for method in methods(tree):
        for node in ast.walk(method):
            if not isinstance(node, ast.Attribute) or is_super(node, node.attr):
                continue
            rooms = defined.get(node.attr)
            if not rooms or rooms & ALLOWED[room]:
                continue
            opens = method.name.startswith(BUTTON) and node.attr.startswith(OPENER)
            if opens and rooms == {"wizards"}:
                continue
            names = ", ".join(sorted(rooms))
            yield node.lineno, f"{room} calls {node.attr}, which is of {names}: make it a hook"


def check_writers(path, tree):
    for node in ast.walk(tree):
        for key in node.keys if isinstance(node, ast.Dict) else ():
            writer = ONE_WRITER.get(getattr(key, "value", None), path)
            if writer != path:
                yield key.lineno, f"{key.value} is written by {writer} alone: call its methods"


def check(addon):
    """Yield ``path:line: sentence`` for every fault in the addon's folder."""
    trees = {}
    for file in sorted(addon.rglob("*.py")):
        path = file.relative_to(addon)
        if room_of(path):
            text = file.read_text()
            trees[path] = ast.parse(text, str(file))
            if text.count("\n") > MOST_LINES:
                yield f"{file}:1: {text.count(chr(10))} lines; a file has {MOST_LINES} at most"
    stray = {path.parts[1] for path in addon.glob("models/*/*.py")}
    for path in addon.glob("models/*.py"):
        if path.name != "__init__.py":
            yield f"{path}:1: belongs into one of the rooms {', '.join(sorted(stray))}"
    defined = definitions(trees)
    for path, tree in trees.items():
        room = room_of(path)
        faults = [
            *check_imports(path, tree, room),
            *check_calls(tree, room, defined),
            *check_writers(path, tree),
        ]
        for line, sentence in sorted(faults):
            yield f"{addon / path}:{line}: {sentence}"


def context_keys(addon):
    """Names of the keys that our methods put into the context by ``private(…)``."""
    return {
        keyword.arg
        for file in addon.rglob("*.py")
        if room_of(file.relative_to(addon))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "private"
        for keyword in node.keywords
        if keyword.arg
    }


def meanwhiles(addon):
    """Names of the :class:`Meanwhile` of our rooms."""
    return {
        node.targets[0].id
        for file in addon.rglob("*.py")
        if room_of(file.relative_to(addon))
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "Meanwhile"
    }


def check_keys(root):
    """Each key, and each `Meanwhile`, has its row in CONTRIBUTING, which says why it is no
    argument, and nothing else has."""
    text = (root / "CONTRIBUTING.md").read_text()
    addon = root / "backorder_mgmt"
    for row, names in ((KEY_ROW, context_keys(addon)), (MEANWHILE_ROW, meanwhiles(addon))):
        listed = set(row.findall(text))
        for name in sorted(names ^ listed):
            where = "is there no more" if name in listed else "has no row, which says why"
            yield f"{root / 'CONTRIBUTING.md'}:1: {name} {where}"


def sizes(addon):
    """Yield ``room: files, lines, longest method`` of each room, as a line."""
    for room in STANDS_ON:
        found = [
            file
            for file in sorted(addon.rglob("*.py"))
            if room_of(file.relative_to(addon)) == room and file.name != "__init__.py"
        ]
        lines = sum(file.read_text().count("\n") for file in found)
        length, name = max(
            (
                (node.end_lineno - node.lineno + 1, f"{file.name}: {node.name}")
                for file in found
                for node in methods(ast.parse(file.read_text()))
            ),
            default=(0, ""),
        )
        yield f"{room:12} {len(found):3} files {lines:6} lines; longest method {length} ({name})"


def main():
    root = Path(__file__).resolve().parent.parent
    if sys.argv[1:] == ["--sizes"]:
        print(*sizes(root / "backorder_mgmt"), sep="\n")
        print(
            f"{len(context_keys(root / 'backorder_mgmt'))} keys of the context, besides the token;"
            f" {len(meanwhiles(root / 'backorder_mgmt'))} are said meanwhile"
        )
        return False
    addon = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "backorder_mgmt"
    faults = [*check(addon), *check_keys(root)]
    print(*faults, sep="\n", end="\n" if faults else "")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
