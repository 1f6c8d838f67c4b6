// The files for containers, systemd and Prometheus name what exists. Without a container runtime this is as far as they can be tested.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { SETTINGS } from '../../src/config.ts'
import { service } from '../helpers/app.ts'

const names = SETTINGS.map(({ name }) => name)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')
/** How npm start runs the service. */
const START = JSON.parse(read('package.json')).scripts.start as string

test('the image contains every file that the service reads, and runs it like npm start', () => {
  const dockerfile = read('Dockerfile')
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, names = '']) =>
    names.split(' '),
  )
  for (const name of copied) expect(existsSync(join(ROOT, name)), name).toBe(true)
  const ignored = read('.dockerignore').split('\n')
  for (const name of copied)
    expect(
      ignored.some((line) => line.startsWith(`!${name}`)),
      `${name} is not ignored`,
    ).toBe(true)
  // What src reads beside itself, such as new URL('../seeds/').
  const folders = globSync('src/**/*.ts', { cwd: ROOT }).flatMap((file) =>
    [...read(file).matchAll(/'(?:\.\.\/)+(migrations|seeds|openapi)\b/g)].map(([, folder]) => folder ?? ''),
  )
  expect(new Set(folders).size).toBeGreaterThan(1)
  for (const folder of folders) expect(copied).toContain(folder)
  const flags = START.split(' ').filter((word) => word.startsWith('--min') || word.startsWith('--max'))
  for (const word of [...flags, 'src/main.js']) expect(dockerfile).toContain(JSON.stringify(word))
  expect(dockerfile).toMatch(/^USER node$/m)
  expect(dockerfile).toMatch(/^VOLUME \/data$/m)
  expect(dockerfile).toMatch(/^HEALTHCHECK /m)
})

test('compose files and the unit set only settings that exist', () => {
  const { services } = parse(read('deploy/compose.postgres.yaml'), { merge: true }) as {
    services: Record<string, { environment?: object; depends_on?: object; volumes?: string[] }>
  }
  expect(Object.keys(services)).toEqual(['tracker-1', 'tracker-2', 'primary', 'replica', 'pgbouncer'])
  for (const name of ['tracker-1', 'tracker-2'])
    for (const setting of Object.keys(services[name]?.environment ?? {})) expect(names).toContain(setting)
  for (const { depends_on = {} } of Object.values(services))
    for (const other of Object.keys(depends_on)) expect(services).toHaveProperty(other)
  for (const [, setting] of read('deploy/sco-tracker.service').matchAll(/^Environment=(\w+)=/gm))
    expect(names).toContain(setting)
  expect(read('deploy/sco-tracker.service')).toContain(
    START.replace('node ', '').replace(' --exit-with-parent', ''),
  )
  expect(parse(read('deploy/compose.yaml'))).toMatchObject({ services: { tracker: { build: '..' } } })
})

test('every metric of an alert is one that the service or Prometheus has', async () => {
  const { app } = await service()
  const metrics = (await app.inject('/metrics')).body
  const { groups } = parse(read('deploy/alerts.yaml')) as { groups: { rules: { expr: string }[] }[] }
  const rules = groups.flatMap(({ rules }) => rules)
  expect(rules.length).toBeGreaterThan(5)
  for (const { expr } of rules) {
    const names = expr.match(/\b(?:http|nodejs|process|log|up)[a-z0-9_]*(?=[{\s[])/g) ?? []
    expect(names, expr).not.toEqual([])
    for (const name of names.filter((each) => each !== 'up'))
      expect(metrics, name).toContain(name.replace(/_(bucket|count)$/, ''))
  }
})
