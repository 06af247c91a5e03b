# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the modules under hostile conditions, with real accounts, files, processes and connections.

test_home*      homes that attack root              test_network*   registries, proxies and TLS that attack the module
test_crash*     interruptions at each step          test_races*     others write to a credential file
test_faults*    calls that a host lacks or rejects  test_projects*  cloned projects that request secrets
test_many*      thousands of credentials, hundreds of accounts

They share helpers: accounts (accounts), a host for them (world), special files (odd_files), system tools (system,
strace), registries that lie (servers), programs that write to a credential file (writers), and ways to run the module
(run_module, forked).
"""
