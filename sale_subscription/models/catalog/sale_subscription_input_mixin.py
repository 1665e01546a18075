import re
from datetime import date

from psycopg2.errors import ForeignKeyViolation

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

MAX_NUMBER = 1e12
MAX_INTEGER = 2**31 - 1
MAX_LENGTH = {"char": 500, "text": 4000}
YEARS = range(1970, 2201)  # other years are typing errors

_MISSING_KEY = re.compile(r"\((\w+)\)=\((\d+)\) is not present")


class SaleSubscriptionInputMixin(models.AbstractModel):
    """Refuse values that aren't what they should be, in words, before anything is computed.

    Programs send what forms never would: words for numbers, NaN, dates of the year 9999, ids of
    nothing. Without this they would get the traceback of whatever stumbles over it first.
    """

    _name = "sale.subscription.input.mixin"
    _description = "Checked Input"

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_input(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_input(vals)
        return super().write(vals)

    # === BUSINESS METHODS - VALUES OF FIELDS === #
    @api.model
    def _check_input(self, vals):
        """Check the values of a record about to be created or written.

        :param dict vals: field name → value, commands of x2many fields included.
        :raise ValidationError: naming the field and what is wrong with its value.
        """
        for name, value in vals.items():
            field = self._fields.get(name)
            if field is None:
                raise ValidationError(
                    self.env._(
                        "%(model)s has no field “%(field)s”.",
                        model=self.env["ir.model"]._get(self._name).name,
                        field=name,
                    )
                )
            check = self._get_input_checks().get(field.type)
            if check and value is not None and value is not False:
                problem = check(field, value)
                if problem:
                    raise ValidationError(
                        self.env._(
                            "%(field)s: %(problem)s",
                            field=field._description_string(self.env) or name,
                            problem=problem,
                        )
                    )

    @api.model
    def _get_input_checks(self):
        """Return the checks: field type → function of field and value that returns the problem."""
        return {
            "float": self._find_problem_in_number,
            "monetary": self._find_problem_in_number,
            "integer": self._find_problem_in_integer,
            "date": self._find_problem_in_date,
            "char": self._find_problem_in_text,
            "text": self._find_problem_in_text,
            "selection": self._find_problem_in_selection,
            "many2one": self._find_problem_in_many2one,
            "one2many": self._find_problem_in_commands,
            "many2many": self._find_problem_in_commands,
        }

    @api.model
    def _find_problem_in_number(self, field, value):
        if self._to_number(value) is None:
            return self.env._(
                "“%(value)s” isn't a number that can be used here.", value=_shorten(value)
            )

    @api.model
    def _find_problem_in_integer(self, field, value):
        number = self._to_number(value)
        if number is None or abs(number) > MAX_INTEGER:
            return self.env._(
                "“%(value)s” isn't a number that can be used here.", value=_shorten(value)
            )

    @api.model
    def _find_problem_in_date(self, field, value):
        if self._to_date(value) is None:
            return self.env._(
                "“%(value)s” isn't a date that can be used here; write it as YYYY-MM-DD.",
                value=_shorten(value),
            )

    @api.model
    def _find_problem_in_text(self, field, value):
        maximum = MAX_LENGTH["text" if field.name.endswith("_domain") else field.type]
        if isinstance(value, (list, tuple, dict, set)):
            return self.env._("“%(value)s” isn't a text.", value=_shorten(value))
        if _drop_unstorable(str(value)) != str(value):
            return self.env._("a character in it can't be stored.")
        if len(str(value)) > maximum:
            return self.env._("at most %(maximum)s characters are possible.", maximum=maximum)

    @api.model
    def _find_problem_in_selection(self, field, value):
        allowed = field.get_values(self.env)
        if value not in allowed:
            return self.env._(
                "“%(value)s” isn't one of %(allowed)s.",
                value=_shorten(value),
                allowed=", ".join(allowed),
            )

    @api.model
    def _find_problem_in_many2one(self, field, value):
        if isinstance(value, models.BaseModel) or self._to_id(value):
            return None
        return self.env._("“%(value)s” isn't the number (id) of a record.", value=_shorten(value))

    @api.model
    def _find_problem_in_commands(self, field, value):
        if isinstance(value, models.BaseModel):
            return None
        if not isinstance(value, (list, tuple)):
            return self.env._(
                "a list of commands is needed here, not “%(value)s”.", value=_shorten(value)
            )
        comodel = self.env[field.comodel_name]
        for command in value:
            if field.type == "many2many" and self._to_id(command):
                continue
            well_formed = isinstance(command, (list, tuple)) and command and command[0] in range(7)
            creates = well_formed and command[0] in (Command.CREATE, Command.UPDATE)
            if not well_formed or (creates and not isinstance(command[-1], dict)):
                return self.env._("“%(value)s” isn't a command for lines.", value=_shorten(command))
            if creates and hasattr(comodel, "_check_input"):
                comodel._check_input(command[-1])

    def _sql_error_to_message(self, exc):
        """Override of `base`: an id that doesn't exist isn't "a record you try to delete"."""
        if isinstance(exc, ForeignKeyViolation):
            found = _MISSING_KEY.search(exc.diag.message_detail or "")
            field = found and self._fields.get(found[1])
            if field:
                return self.env._(
                    "%(field)s: there is no record with the id %(id)s.",
                    field=field._description_string(self.env),
                    id=found[2],
                )
        return super()._sql_error_to_message(exc)

    # === BUSINESS METHODS - ARGUMENTS OF PUBLIC METHODS === #
    @api.model
    def _read_date(self, value):
        """Return a date given by a caller, None for none.

        :param value: a date or its ISO text.
        :raise UserError: if it is neither, or centuries away.
        """
        if value is None or value is False:
            return None
        day = self._to_date(value)
        if day is None:
            raise UserError(
                self.env._(
                    "“%(value)s” isn't a date that can be used here; write it as YYYY-MM-DD.",
                    value=_shorten(value),
                )
            )
        return day

    @api.model
    def _read_number(self, value):
        """Return a number given by a caller.

        :rtype: float
        :raise UserError: for NaN, infinities and what isn't a number.
        """
        number = self._to_number(value)
        if number is None:
            raise UserError(self.env._("“%(value)s” isn't a number.", value=_shorten(value)))
        return number

    @api.model
    def _read_record(self, model, value):
        """Return the record whose id a caller gave; empty when there is none of that id.

        :param str model: name of the model.
        :param value: whatever was given as id.
        """
        return self.env[model].browse(self._to_id(value) or ()).exists()

    @api.model
    def _read_text(self, value, what):
        """Return a text given by a caller.

        :param str what: how the error calls it, translated.
        :raise UserError: if it isn't a text, or too long.
        """
        if not value:
            return ""
        if not isinstance(value, str):
            raise UserError(
                self.env._("%(what)s: “%(value)s” isn't a text.", what=what, value=_shorten(value))
            )
        value = _drop_unstorable(value)
        maximum = MAX_LENGTH["text"]
        if len(value) > maximum:
            raise UserError(
                self.env._(
                    "%(what)s: at most %(maximum)s characters are possible.",
                    what=what,
                    maximum=maximum,
                )
            )
        return value

    def _check_one(self):
        """Refuse a call that is for one record where none or several are given.

        :raise UserError: if this isn't exactly one record.
        """
        if len(self) != 1:
            raise UserError(
                self.env._("This is done for one record at a time; %s were given.", len(self))
            )

    # === GETTERS === #
    @api.model
    def _to_number(self, value):
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            return None
        return number if -MAX_NUMBER < number < MAX_NUMBER else None

    @api.model
    def _to_date(self, value):
        if not isinstance(value, (str, date)):
            return None
        try:
            day = fields.Date.to_date(value)
        except ValueError:
            return None
        return day if day and day.year in YEARS else None

    @api.model
    def _to_id(self, value):
        return value if type(value) is int and 0 < value <= MAX_INTEGER else None


def _shorten(value):
    """Return what is quoted of a bad value in a message."""
    return _drop_unstorable(str(value))[:80]


def _drop_unstorable(text):
    """Return a text without what PostgreSQL can't store: NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
