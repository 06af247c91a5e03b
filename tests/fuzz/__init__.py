# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test properties of the code that reads files, keys and credentials with arbitrary bytes.

``properties`` has one function for each target: it takes bytes, and returns nothing or raises an exception. Two tools
search for bytes that violate a property: hypothesis, with files that ``test_fuzz`` generates, and atheris (``guided``),
which mutates the ``seeds`` and continues with inputs that reached a new branch.
"""
