# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Many copies of some records, written by the database itself.

Making 20 000 contracts one by one would take longer than measuring them. Copies are complete: what
points from one copied row to another points, in the copy, to the copy of that row.
"""

from odoo.tools import SQL


def replicate(cr, rows, count, links=(), values=None):
    """Copy rows so many times, and tell the planner about it.

    :param cr: a cursor.
    :param dict rows: table → ids of the rows that make one set; tables that others point to first.
    :param int count: how many copies of the set.
    :param links: relation tables whose rows belong to the set.
    :param dict values: `(table, column)` → `SQL`; ``n`` in it is the number of the copy.
    """
    rows = {table: sorted(ids) for table, ids in rows.items() if ids}
    starts = {table: _get_last_id(cr, table) for table in rows}
    for table in [*rows, *links]:
        _copy_table(cr, table, rows, starts, count, values or {})
    for table, ids in rows.items():
        last_id = starts[table] + count * len(ids)
        if last_id:
            cr.execute("SELECT setval(%s, %s)", [f"{table}_id_seq", last_id])
    for table in [*rows, *links]:
        cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))


def _copy_table(cr, table, rows, starts, count, values):
    """One INSERT ... SELECT: each column as it is, as the caller says, or pointing to a copy."""
    targets = _get_targets(cr, table)
    if table in rows:
        targets["id"] = table
    expressions = {}
    for column in _get_columns(cr, table):
        target = targets.get(column)
        if (table, column) in values:
            expressions[column] = values[table, column]
        elif target in rows:
            expressions[column] = _point_to_copy(column, rows[target], starts[target])
        else:
            expressions[column] = SQL.identifier("source", column)
    own = ["id"] if table in rows else [c for c, target in targets.items() if target in rows]
    if not own:
        return  # a relation of records that the set is without
    cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s source, generate_series(1, %s) n WHERE %s",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, expressions)),
            SQL(", ").join(expressions.values()),
            SQL.identifier(table),
            count,
            SQL(" OR ").join(
                SQL("%s IN %s", SQL.identifier("source", column), tuple(rows[targets[column]]))
                for column in own
            ),
        )
    )


def _point_to_copy(column, ids, start):
    """The id that the n-th copy of a row gets; other ids stay."""
    source = SQL.identifier("source", column)
    cases = [
        SQL("WHEN %s THEN %s + (n - 1) * %s + %s", old, start, len(ids), place)
        for place, old in enumerate(ids, 1)
    ]
    return SQL("CASE %s %s ELSE %s END", source, SQL(" ").join(cases), source)


def _get_columns(cr, table):
    cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema AND table_name = %s AND is_generated = 'NEVER'",
        [table],
    )
    return [column for (column,) in cr.fetchall()]


def _get_targets(cr, table):
    """Which table each column points to."""
    cr.execute(
        "SELECT a.attname, target.relname FROM pg_constraint c"
        " JOIN pg_class target ON target.oid = c.confrelid"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
        " WHERE c.contype = 'f' AND c.conrelid = %s::regclass",
        [table],
    )
    return dict(cr.fetchall())


def _get_last_id(cr, table):
    cr.execute(SQL("SELECT coalesce(max(id), 0) FROM %s", SQL.identifier(table)))
    return cr.fetchone()[0]
