import inspect

from odoo.tests import TransactionCase, tagged

from odoo.addons.sale_subscription import controllers

ADDON = "odoo.addons.sale_subscription."


@tagged("post_install", "-at_install")
class TestNames(TransactionCase):
    """Odoo makes one class of all that extends the same model, or the same controller of core.

    Two parts of this addon that know nothing of each other, but have a method of the same name,
    would so replace each other's without a word.
    """

    def _get_methods(self, classes):
        """Return the methods of this addon's classes: name → the classes that define it."""
        owners = {}
        for cls in classes:
            if cls.__module__.startswith(ADDON):
                for name, method in vars(cls).items():
                    function = inspect.unwrap(getattr(method, "__func__", method))
                    if inspect.isfunction(function) and function.__module__ == cls.__module__:
                        owners.setdefault(name, []).append((cls, function))
        return owners

    def _assert_extended(self, methods):
        """All who define a method but the first call the others."""
        for name, owners in methods.items():
            alone = [cls for cls, method in owners if "super(" not in inspect.getsource(method)]
            self.assertLessEqual(len(alone), 1, f"{name} is defined by {alone}")

    def _assert_in_order(self, methods):
        """Who calls nobody else comes last: what follows it would never be called."""
        for name, owners in methods.items():
            for cls, method in owners[:-1]:
                self.assertIn("super(", inspect.getsource(method), f"{name} ends in {cls}")

    def test_controllers(self):
        classes = {
            cls
            for _name, module in inspect.getmembers(controllers, inspect.ismodule)
            for _name, cls in inspect.getmembers(module, inspect.isclass)
            if cls.__module__ == module.__name__
        }
        self.assertGreater(len(classes), 10)
        self._assert_extended(self._get_methods(classes))

    def test_models(self):
        methods = {name: self._get_methods(type(self.env[name]).mro()) for name in self.env}
        self.assertGreater(len(methods["sale.subscription"]), 100)
        for model, owners in methods.items():
            with self.subTest(model=model):
                self._assert_extended(owners)
                self._assert_in_order(owners)
