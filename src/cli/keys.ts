// npm run keys -- create --name NAME --role analyst|admin [--expires 90d] | list | revoke ID
import { parseArgs } from 'node:util'
import { isCalendarDate } from '../core/dates.ts'
import { createKey, listKeys, ROLES, type Role, revokeKey } from '../db/keys.ts'
import { runCommand, UsageError } from './command.ts'

const USAGE = `Usage:
  npm run keys -- create --name NAME --role analyst|admin [--expires 90d|12h|2027-01-31]
  npm run keys -- list
  npm run keys -- revoke ID`

await runCommand(async (engine) => {
  const { positionals, values } = parseArguments()
  const [action, id] = positionals
  const now = new Date()
  if (action === 'create') {
    const { name, role, expires } = values
    if (!name?.trim() || !ROLES.includes(role as Role)) throw new UsageError(USAGE)
    const expiresAt = expires === undefined ? null : expiry(expires, now)
    const { key, token } = await createKey(engine, { name: name.trim(), role: role as Role, expiresAt, now })
    console.error(
      `Key ${key.id} for ${key.name} (${key.role}), ${key.expiresAt ? `until ${key.expiresAt}` : 'without expiry'}. It is shown only now:`,
    )
    console.log(token)
  } else if (action === 'list') {
    for (const key of await listKeys(engine.reader)) {
      const state = key.revokedAt
        ? `revoked ${key.revokedAt}`
        : key.expiresAt
          ? `until ${key.expiresAt}`
          : 'without expiry'
      console.log([key.id, key.role, state, key.name].join('\t'))
    }
  } else if (action === 'revoke' && id) {
    if (!(await revokeKey(engine, id, now)))
      throw new UsageError(`There is no key ${id}. "npm run keys -- list" shows them.`)
    console.error(`Key ${id} is revoked.`)
  } else {
    throw new UsageError(USAGE)
  }
})

function parseArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { name: { type: 'string' }, role: { type: 'string' }, expires: { type: 'string' } },
    })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`)
  }
}

/** When a key ends: after so many hours or days, or with a calendar day (UTC). */
function expiry(given: string, now: Date): Date {
  const after = /^([1-9]\d{0,4})([hd])$/.exec(given)
  if (after) return new Date(now.getTime() + Number(after[1]) * (after[2] === 'h' ? 3_600_000 : 86_400_000))
  const day = isCalendarDate(given) ? new Date(`${given}T23:59:59.999Z`) : undefined
  if (!day || day <= now) throw new UsageError(`--expires takes 90d, 12h or a day to come, not ${given}.`)
  return day
}
