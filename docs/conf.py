"""Sphinx configuration."""

from langprop import __version__

project = "LangProp"
author = "The LangProp developers"
copyright = "2026, The LangProp developers"  # noqa: A001 - Sphinx's name
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"LangProp {release}"
autodoc_typehints = "description"
autodoc_member_order = "bysource"
myst_enable_extensions = ["dollarmath"]
default_role = "code"
