// The commands that write: run one after the other in a shell, those in the documentation get the responses that it shows.
//
// A ```json block right after a ```sh block is the response, with `…` for what is left out (helpers/recipes.ts). To see the real ones:
// RECIPES=show npx vitest run --project sqlite test/recording.test.ts
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { service } from './helpers/app.ts'
import { filled, type Json, masked, pretty } from './helpers/recipes.ts'

const BLOCK = /```sh\n((?:(?!```).)*)\n```(?:\s*```json\n((?:(?!```).)*)\n```)?/gs

interface Block {
  commands: string
  response: string | undefined
}

/** The commands after the one that makes a key, each with its response, if it has one. */
function blocksOf(name: string): Block[] {
  const text = readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
  const blocks = [...text.matchAll(BLOCK)].map(([, commands = '', response]) => ({ commands, response }))
  const first = blocks.findIndex(({ commands }) => commands.startsWith('KEY='))
  return blocks.slice(first + 1)
}

/** Runs commands in one shell, in an empty folder. @returns what each of them prints */
async function outputsOf(blocks: readonly Block[], address: string, key: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'recording-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const curl = new URL('helpers/curl.js', import.meta.url).pathname
  writeFileSync(join(folder, 'curl'), `#!/bin/sh\nexec '${process.execPath}' '${curl}' "$@"\n`)
  chmodSync(join(folder, 'curl'), 0o755)
  const script = blocks.map(({ commands }, index) => `{\n${commands}\n} > ${index}.out`).join('\n')
  await promisify(execFile)('sh', ['-euc', script], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env['PATH']}`, SERVICE: address, KEY: key },
  })
  return blocks.map((_, index) => readFileSync(join(folder, `${index}.out`), 'utf8'))
}

test.each([
  { name: 'README.md', least: 2 },
  { name: 'docs/recording.md', least: 9 },
])('the commands of $name get the responses that it shows', async ({ name, least }) => {
  const { app, keys } = await service({ seed: true, own: true })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const blocks = blocksOf(name)
  const outputs = await outputsOf(blocks, `http://127.0.0.1:${port}`, keys.analyst)
  expect(blocks.filter(({ response }) => response !== undefined).length).toBeGreaterThanOrEqual(least)
  for (const [index, { commands, response }] of blocks.entries()) {
    if (response === undefined) continue
    const actual = JSON.parse(outputs[index] ?? '') as Json
    if (process.env['RECIPES'] === 'show') console.log(commands.slice(-200), pretty(masked(actual)))
    else expect.soft(actual, commands).toEqual(filled(JSON.parse(response) as Json, actual))
  }
})
