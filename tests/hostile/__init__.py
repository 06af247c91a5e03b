# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules under circumstances that nobody wishes for, on real accounts, files, processes and connections.

test_home*      homes that attack root              test_network*   registries, proxies and TLS that attack the module
test_crash*     the module is killed at each step   test_races*     others write to a store meanwhile
test_faults*    calls that a host lacks or refuses  test_projects*  cloned projects that want secrets
test_many*      thousands of credentials, hundreds of accounts

They share one world: accounts (accounts), a host of theirs (world), what can be in the place of a file (odd_files),
tools of the system (system, strace), registries that lie (servers), programs that write to a store (writers), and ways
to run the module (run_module, forked).
"""
