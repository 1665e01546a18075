def leave_todo(record, activity_type, summary, note, user):
    """Leave a to-do on a record once, however often it is asked for.

    :param record: one record with activities.
    :param str activity_type: xmlid of its `mail.activity.type`.
    :param str summary: what is to be done, always in the same language: it tells whether the to-do
        is there.
    :param str note: why.
    :param user: the `res.users` who is to do it.
    :return: None
    """
    if not record.activity_ids.filtered(lambda activity: activity.summary == summary):
        record.activity_schedule(activity_type, summary=summary, note=note, user_id=user.id)
