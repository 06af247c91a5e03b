# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx for the documentation site."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes

SOURCE = Path(os.environ["NPMOPS_DOCS_SOURCE"])
GALAXY = yaml.safe_load(Path(os.environ["NPMOPS_DOCS_GALAXY"]).read_text(encoding="utf-8"))
#: The base URL of files in the repository.
FILES = f"{GALAXY['repository']}/blob/main/"

project = f"{GALAXY['namespace']}.{GALAXY['name']}"
copyright = f"2026, {GALAXY['authors'][0]}"
version = release = GALAXY["version"]
html_title = f"{project} {version}"
html_theme = "furo"
html_show_sphinx = False
html_copy_source = False
html_use_index = False
html_static_path: list[str] = []
html_theme_options = {
    "navigation_with_keys": True,
    # The source of a page is a file of the repository, not the copy that Sphinx reads.
    "top_of_page_buttons": [],
    # The colors of antsibull-docs whose defaults are not legible, or do not fit both color schemes of the theme.
    "light_css_variables": {
        "antsibull-links-background": "#146b6d",
        "antsibull-option-required": "#c00000",
        "antsibull-attribute-support-none": "#c00000",
        "antsibull-attribute-support-partial": "#6b6b00",
        "antsibull-attribute-support-full": "#006400",
    },
    "dark_css_variables": {
        "antsibull-links-background": "#146b6d",
        "antsibull-table-background-header": "#48484b",
        "antsibull-table-background-even": "#1c1c1e",
        "antsibull-table-background-odd": "#242426",
        "antsibull-table-border": "#656569",
        "antsibull-narrowtable-background": "#48484b",
        "antsibull-option-type": "#ff93ff",
        "antsibull-option-elements": "#ff93ff",
        "antsibull-option-required": "#ff8282",
        "antsibull-option-version-added": "#71d471",
        "antsibull-option-aliases": "#71d471",
        "antsibull-option-default": "#adadff",
        "antsibull-option-sample": "#adadff",
        "antsibull-option-sample-header": "#fff",
        "antsibull-attribute-support-none": "#ff8282",
        "antsibull-attribute-support-partial": "#b6b600",
        "antsibull-attribute-support-full": "#0c0",
    },
}
language = "en"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
myst_heading_anchors = 3
exclude_patterns = ["**/README.md"]
default_role = "code"
highlight_language = "yaml+jinja"
pygments_style = "default"
pygments_dark_style = "github-dark"
nitpicky = True

#: Pages of Ansible's own documentation that antsibull-docs refers to. Their inventory is not on the package index.
ANSIBLE = "https://docs.ansible.com/ansible/latest/reference_appendices/"
ANSIBLE_PAGES = {
    "ansible_configuration_settings": "config.html",
    "common_return_values": "common_return_values.html",
}

MARKDOWN_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)(?=[)#])")
CONTENTS = re.compile(r"^\.\. contents::.*\n(?: +:.*\n)*", re.M)
TITLE = project.title()
RST_LINK = re.compile(rf"`([^`<]+?)\s+<{re.escape(FILES)}([^>`]+)\.md>`__?")


def link_to_repository(name: str, text: str) -> str:
    """Replace the links of a Markdown file to files that are not pages by links to the repository."""

    def replace(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), match[1]))
        is_page = target.endswith((".md", ".rst")) and (SOURCE / target).is_file()
        return match[1] if is_page else FILES + target

    return MARKDOWN_LINK.sub(replace, text)


def read_source(app: Any, name: str, content: list[str]) -> None:
    if app.env.doc2path(name).suffix == ".md":
        # The lexer shows console text without prompts as output, in grey, but these blocks contain commands.
        content[0] = link_to_repository(name, content[0]).replace("```console", "```shell")
    else:
        # The theme shows the headings next to each page, and the name of the collection is lowercase.
        content[0] = CONTENTS.sub("", RST_LINK.sub(r":doc:`\1 </\2>`", content[0])).replace(TITLE, project)


def link_to_ansible(_app: Any, _env: Any, node: Any, content: nodes.TextElement) -> nodes.Node | None:
    page = ANSIBLE_PAGES.get(node.get("reftarget", ""))
    return page and nodes.reference("", "", content, refuri=ANSIBLE + page, internal=False)


def setup(app: Any) -> None:
    app.connect("missing-reference", link_to_ansible)
    app.connect("source-read", read_source)
