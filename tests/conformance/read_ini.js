// Copyright (c) 2026, the npmops.auth contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Reads files with npm's own ini, as npm's configuration does, for as long as standard input lasts.
//
//     node read_ini.js PATH_OF_INI
//
// A line in: a JSON array of files, each in base64. A line out: a JSON array with what stands at the top of each file,
// [[name, value], ...], or null where ini throws. What JSON cannot say is said as {number: "Infinity"}; what a
// mapping holds is not said at all.

'use strict'

const ini = require(process.argv[2])

const show = value => {
  if (Array.isArray(value)) {
    return value.map(show)
  }
  if (typeof value === 'number') {
    return { number: String(value) }
  }
  return value !== null && typeof value === 'object' ? { mapping: true } : value
}

const read = file => {
  const text = Buffer.from(file, 'base64').toString('utf8')
  try {
    return Object.entries(ini.parse(text)).map(([name, value]) => [name, show(value)])
  } catch {
    return null
  }
}

require('node:readline').createInterface({ input: process.stdin }).on('line', line => {
  process.stdout.write(JSON.stringify(JSON.parse(line).map(read)) + '\n')
})
