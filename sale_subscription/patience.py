from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

MAX_TRIES = 5


def commit_patiently(env, work, *arguments):
    """Do some work and commit it; when another process was in its way, undo it and do it again.

    Others are waited for by the locks of the database, so that there is no need to sleep.

    :param env: the environment whose cursor is committed.
    :param callable work: must read anew what it decides by, as caches are empty after a conflict.
    :param arguments: given to it.
    :return: what it returned.
    :raise psycopg2.OperationalError: the last conflict, if there was one each time; all is undone.
    """
    for tries_left in reversed(range(MAX_TRIES)):
        try:
            result = work(*arguments)
            env["ir.cron"]._commit_progress()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            env.cr.rollback()
            if not tries_left:
                raise
        else:
            return result
    return None


def wait_for_lock(records):
    """Lock records for writing; whoever has them locked is waited for.

    :param records: records of one model.
    :return: None
    :raise psycopg2.OperationalError: if they were changed since this transaction began.
    """
    if records:
        _lock(records, SQL())


def let_others_begin_anew(records):
    """Write records as they are: who read them before and writes them after us must begin anew.

    A lock alone wouldn't do: others would wait for it, and go on with what they read before.

    :param records: records of one model.
    :return: None
    :raise psycopg2.OperationalError: if they were changed since this transaction began.
    """
    if records:
        records.env.cr.execute(
            SQL(
                "UPDATE %s SET write_date = write_date WHERE id IN %s",
                SQL.identifier(records._table),
                records._ids,
            )
        )


def is_locked(record):
    """Tell whether somebody else has a record locked; it isn't locked by asking.

    :param record: a record.
    :rtype: bool
    :raise psycopg2.OperationalError: if it was changed since this transaction began.
    """
    with record.env.cr.savepoint(flush=False) as savepoint:
        is_free = _lock(record, SQL("SKIP LOCKED"))
        savepoint.rollback()  # gives the lock back
    return not is_free


def _lock(records, otherwise):
    """Lock records for writing, and return how many could be.

    :param SQL otherwise: what to do about those that others have locked; waits when empty.
    :rtype: int
    """
    query = SQL(
        "SELECT FROM %s WHERE id IN %s ORDER BY id FOR NO KEY UPDATE %s",
        SQL.identifier(records._table),
        records._ids,
        otherwise,
    )
    # What the database says is for the caller to handle, and no error in the server's log.
    records.env.cr.execute(query, log_exceptions=False)
    return records.env.cr.rowcount
