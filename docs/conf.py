"""Configuration of the documentation site; `make docs` builds it."""

from __future__ import annotations

import os
import warnings
from importlib import metadata
from typing import Any

# No page asks a model hub for anything.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

project = "skbalagen"
author = "The skbalagen developers"
copyright = author
release = version = metadata.version("skbalagen")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "myst_parser",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates", "sg_execution_times.rst"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
nitpicky = True
# Other projects' names in "See Also": the site is built without a network.
nitpick_ignore_regex = [("py:obj", r"(sklearn|imblearn)\..*"), ("py:obj", "RandomOverSampler")]
default_role = "literal"  # docstrings write `X` for a parameter
suppress_warnings = ["config.cache"]  # the gallery's settings hold a function

autosummary_generate = True
autodoc_typehints = "none"  # types stand in the numpydoc sections
autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # the template lists them

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

sphinx_gallery_conf: dict[str, Any] = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"(demo|grid_search_beta)\.py$",  # scripts of minutes
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "abort_on_example_error": False,  # a failed example is a warning, and a warning is an error
    "write_computation_times": False,  # its page loads scripts from other hosts
}

html_theme = "pydata_sphinx_theme"
html_title = f"skbalagen {release}"
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["custom.css"]
_PAGES_WITHOUT_CHILDREN = [
    "index",
    "install",
    "quickstart",
    "do_i_need_this",
    "which_remedy",
    "comparing",
    "methods",
    "choosing_betas",
    "choosing_parts",
    "command_line",
    "paper_to_code",
    "first_run",
    "benchmark",
    "paper_results",
    "ablations",
]
html_sidebars = {page: [] for page in _PAGES_WITHOUT_CHILDREN}
html_theme_options = {
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}

warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")


def skip_member(app: Any, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Leave out scikit-learn's metadata routing methods: their text refers to its own pages."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def setup(app: Any) -> None:
    app.connect("autodoc-skip-member", skip_member)
