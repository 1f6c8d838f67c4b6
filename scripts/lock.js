// Repeats the field "gypfile": false of installed packages in package-lock.json: node scripts/lock.js
//
// npm decides from the lock file alone whether to compile a package that has a binding.gyp, but drops this field
// whenever it writes that file. Without it npm compiles better-sqlite3, which ships its binaries.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
for (const [folder, entry] of Object.entries(lock.packages)) {
  const manifest = `${folder}/package.json`
  if (folder !== '' && existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).gypfile === false)
    entry.gypfile = false
}
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
