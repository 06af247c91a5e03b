# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold of the code that reads files, keys and credentials, whatever bytes it is given.

``properties`` says it, one function a target: bytes in, nothing or an exception out. Two tools look for bytes that
prove it wrong: hypothesis, with files that ``test_fuzz`` makes up, and atheris (``guided``), which changes the
``seeds`` and goes on from what reached a new branch.
"""
