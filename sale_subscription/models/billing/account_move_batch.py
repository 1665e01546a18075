from odoo import api, models
from odoo.fields import Command

from .res_partner_batch import POSTPONED_RANKS

# What the shared sequence formats are kept under while a batch is posted.
_FORMATS = "sale_subscription.sequence_formats"


class AccountMove(models.Model):
    """Create and post many customer invoices at once.

    Invoices are ordinary ones, made by core's `create` and `_post`. What is saved is core's
    computing the same thing several times over for each of them; see
    `account_move_batch_lines.py` for how, and `account_move_batch_guard.py` for when.
    """

    _inherit = "account.move"

    # === BUSINESS METHODS - CREATION === #
    @api.model
    def _create_subscription_invoices(self, vals_list):
        """Create many draft customer invoices or credit notes of one company.

        :param list vals_list: ordinary `account.move` values, one dict per document.
        :return: the drafts, in the order of `vals_list`.
        :rtype: account.move
        """
        Move = self.with_context(tracking_disable=True)
        created = [None] * len(vals_list)
        finished, ordinary = Move._split_batch(vals_list, created)
        if finished:
            values = [
                Move._get_finished_values(vals_list[index], lines) for index, lines in finished
            ]
            moves = Move.with_context(
                skip_invoice_sync=True,
                skip_invoice_line_sync=True,
                skip_analytic_sync=True,
            ).create(values)
            for (index, _lines), move in zip(finished, moves, strict=True):
                created[index] = move.id
        if ordinary:
            moves = Move.create([vals_list[index] for index in ordinary])
            for index, move in zip(ordinary, moves, strict=True):
                created[index] = move.id
        moves = self.browse(created)
        moves._log_batch_creation()
        return moves

    @api.model
    def _split_batch(self, vals_list, created):
        """Tell invoices whose lines we can finish from those that core has to compute.

        The first invoice of a kind that wasn't seen yet is created by core and compared with
        what we would have written.

        :param list vals_list: values of the invoices.
        :param list created: receives the ids of invoices that were created for comparing.
        :return: `[(index, lines)]` to create with finished lines, and indexes for core.
        :rtype: tuple
        """
        finished, ordinary = [], []
        memo = self._get_batch_memo(vals_list)
        proven = self._get_proven_invoice_kinds()
        for index, vals in enumerate(vals_list):
            if not memo or not self._can_share_invoice_computation(vals, memo):
                ordinary.append(index)
                continue
            lines = self._prepare_finished_lines(vals, memo)
            kind = self._get_invoice_kind(vals, memo)
            if kind not in proven:
                move = self.create([vals])
                created[index] = move.id
                proven[kind] = self._is_made_of(move, lines)
            elif proven[kind]:
                finished.append((index, lines))
            else:
                ordinary.append(index)
        return finished, ordinary

    @api.model
    def _get_finished_values(self, vals, lines):
        """Return values that create an invoice whose lines are complete.

        :param dict vals: the values without tax and receivable lines.
        :param list lines: all lines.
        :rtype: dict
        """
        values = {key: value for key, value in vals.items() if key != "invoice_line_ids"}
        values["line_ids"] = [Command.create(line) for line in lines]
        return values

    def _log_batch_creation(self):
        """Do for many documents at once what `mail.thread` does for each new one.

        :return: None
        """
        if not self:
            return
        user = self.env.user
        if user.active and not user.share and not self.env.context.get("mail_create_nosubscribe"):
            self.env["mail.followers"]._insert_followers(
                self._name, self.ids, user.partner_id.ids, check_existing=False
            )
        self._message_log_batch(bodies={move.id: move._creation_message() for move in self})

    # === BUSINESS METHODS - POSTING === #
    def _post_subscription_invoices(self):
        """Post drafts at once, with every check and side effect of core's posting.

        :return: the posted documents.
        :rtype: account.move
        """
        context = {"tracking_disable": True}
        if self._is_batch_enabled():
            context["sale_subscription_batch"] = True
        data = self.env.cr.precommit.data
        try:
            posted = self.with_context(**context)._post(soft=False)
            self.env["res.partner"]._flush_postponed_ranks()
        finally:
            # After an error the caller may roll back to a savepoint and go on.
            data.pop(_FORMATS, None)
            data.pop(POSTPONED_RANKS, None)
        return self.browse(posted.ids)

    def write(self, vals):
        """Override of `account`: a batch being posted has its lines in step already.

        Core compares every line before and after; becoming posted changes none of what it looks
        at.
        """
        if (
            self.env.context.get("sale_subscription_batch")
            and vals.keys() == {"state", "posted_before"}
            and vals["state"] == "posted"
        ):
            moves = self.with_context(skip_invoice_sync=True)
            return super(AccountMove, moves).write(vals)
        return super().write(vals)

    def _get_next_sequence_format(self):
        """Override of `account`: ask once per journal, kind and date of a batch.

        Only the first number of a batch depends on what is in the database; core itself counts
        on from there (see `sequence.mixin._locked_increment`).
        """
        if not self.env.context.get("sale_subscription_batch") or self.journal_id.is_self_billing:
            return super()._get_next_sequence_format()
        formats = self.env.cr.precommit.data.setdefault(_FORMATS, {})
        key = (self.journal_id.id, self.move_type, self.date)
        if key not in formats:
            formats[key] = super()._get_next_sequence_format()
        sequence_format, values = formats[key]
        formats[key] = sequence_format, dict(values)
        return sequence_format, values
