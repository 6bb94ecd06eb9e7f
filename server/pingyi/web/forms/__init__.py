"""Forms made of marshmallow schemas for pages without scripts: content, form, posted fields, content."""

from pingyi.web.forms.differences import Difference, differences
from pingyi.web.forms.form import Form, filled_form, posted_form
from pingyi.web.forms.ordering import in_order_of
from pingyi.web.forms.rules import FormRules, MultiDict, Path
from pingyi.web.forms.views import Control, FormView

__all__ = [
    "Control",
    "Difference",
    "Form",
    "FormRules",
    "FormView",
    "MultiDict",
    "Path",
    "differences",
    "filled_form",
    "in_order_of",
    "posted_form",
]
