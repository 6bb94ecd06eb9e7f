"""What the public sees: ranked boards, a page per unit, and the same as files."""

from pingyi.site.views import blueprint

__all__ = ["blueprint"]
