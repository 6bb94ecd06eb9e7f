"""What the public sees: ranked boards, a page per unit, draws, and the same as files."""

from pingyi.site import bundles, check_page, draws, revisions, views
from pingyi.site.views import blueprint

__all__ = ["blueprint", "bundles", "check_page", "draws", "revisions", "views"]
