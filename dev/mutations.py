# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Small changes to a Python file, each of which some test should notice.

A change replaces one node of the syntax tree in the text; everything else, comments and doctests
too, stays as it is.
"""

import ast
import copy
from dataclasses import dataclass
from pathlib import Path

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


@dataclass(frozen=True)
class Mutant:
    """A file with one change: its whole text, the line changed, and what became of it."""

    path: Path
    number: int
    line: str
    change: str
    text: str

    @property
    def name(self):
        return f"{self.path.name}:{self.number}: {self.change}"


def mutants_of(path):
    """Return the mutants of a file, in the order of its lines.

    :rtype: list[Mutant]
    """
    text = path.read_text()
    finder = _Finder(path, text)
    finder.visit(ast.parse(text))
    return finder.mutants


class _Finder(ast.NodeVisitor):
    """Walk a tree and write down each change; what only a person reads is left alone."""

    def __init__(self, path, text):
        self.path, self.text, self.mutants = path, text, []
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line.encode()))

    # === WHAT IS LEFT ALONE === #
    def visit_JoinedStr(self, node):
        """Texts of errors."""

    def visit_Import(self, node):
        """Imports fail by themselves."""

    visit_ImportFrom = visit_Import

    def visit_AnnAssign(self, node):
        """Annotations mean nothing at run time; the values count."""
        if node.value:
            self.visit(node.value)

    def visit_FunctionDef(self, node):
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(default)
        for statement in node.body:
            self.visit(statement)

    # === STATEMENTS === #
    def visit_Raise(self, node):
        self.replace(node, "pass")

    def visit_Return(self, node):
        if node.value and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self.replace(node, "return None")
        self.generic_visit(node)

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.replace(node, "pass")
            self.generic_visit(node)

    def visit_AugAssign(self, node):
        self.replace(node, "pass")
        self.generic_visit(node)

    def visit_Break(self, node):
        self.replace(node, "continue")

    def visit_Continue(self, node):
        self.replace(node, "break")

    def visit_If(self, node):
        self.negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node):
        self.negate(node.test)
        self.generic_visit(node)

    # === EXPRESSIONS === #
    def visit_Compare(self, node):
        for index, operator in enumerate(node.ops):
            changed = copy.deepcopy(node)
            changed.ops[index] = COMPARISONS[type(operator)]()
            self.replace_expression(node, changed)
        self.generic_visit(node)

    def visit_BinOp(self, node):
        if type(node.op) in OPERATORS:
            changed = copy.deepcopy(node)
            changed.op = OPERATORS[type(node.op)]()
            self.replace_expression(node, changed)
        self.generic_visit(node)

    def visit_BoolOp(self, node):
        changed = copy.deepcopy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        self.replace_expression(node, changed)
        self.generic_visit(node)

    def visit_UnaryOp(self, node):
        self.replace_expression(node, node.operand)
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, bool):
            self.replace_expression(node, ast.Constant(not node.value))
        elif isinstance(node.value, int):
            self.replace_expression(node, ast.Constant(node.value + 1))

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id in TWINS:
            changed = copy.deepcopy(node)
            changed.func.id = TWINS[node.func.id]
            self.replace_expression(node, changed)
        self.generic_visit(node)

    def visit_comprehension(self, node):
        for condition in node.ifs:
            self.negate(condition)
        self.generic_visit(node)

    # === WRITING === #
    def negate(self, test):
        if not isinstance(test, (ast.Compare, ast.UnaryOp)) or len(getattr(test, "ops", "1")) > 1:
            self.replace_expression(test, ast.UnaryOp(ast.Not(), test))

    def replace_expression(self, node, changed):
        self.replace(node, f"({ast.unparse(ast.fix_missing_locations(changed))})")

    def replace(self, node, new):
        raw = self.text.encode()
        start = self.starts[node.lineno - 1] + node.col_offset
        end = self.starts[node.end_lineno - 1] + node.end_col_offset
        old = " ".join(raw[start:end].decode().split())
        text = (raw[:start] + new.encode() + raw[end:]).decode()
        line = self.text.splitlines()[node.lineno - 1]
        self.mutants.append(Mutant(self.path, node.lineno, line, f"{old} → {new}", text))
