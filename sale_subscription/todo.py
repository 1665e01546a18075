FAILURE = "sale_subscription.mail_activity_type_failure"
CANCELLED_ORDER = "sale_subscription.mail_activity_type_cancelled_order"


def find_todos(records, *key):
    """Return the open to-dos that were left with a key.

    :param records: records with activities.
    :param key: see `leave_todo`.
    :rtype: mail.activity
    """
    text = _join_key(key)
    return records.activity_ids.filtered(lambda activity: activity.subscription_key == text)


def leave_todo(record, activity_type, summary, note, user, *key):
    """Leave a to-do on a record once, however often and in whatever language it is asked for.

    :param record: one record with activities.
    :param str activity_type: xmlid of its `mail.activity.type`.
    :param str summary: what is to be done, in the language of who is to do it.
    :param str note: why.
    :param user: the `res.users` who is to do it.
    :param key: what it is about: a word, and a record where several of a kind may be open at once.
    :return: None
    """
    if not find_todos(record, *key):
        record.activity_schedule(
            activity_type,
            summary=summary,
            note=note,
            user_id=user.id,
            subscription_key=_join_key(key),
        )


def _join_key(key):
    """Return a word and possibly a record as one text.

    :rtype: str
    """
    word, *records = key
    return ",".join([word, *(f"{record._name},{record.id}" for record in records)])
