#!/usr/bin/env node
// Runs the command line. In JavaScript, and main.ts links to it, so that a Node without TypeScript can say what is missing.
import { existsSync } from 'node:fs'
import module from 'node:module'

if (process.features.typescript) {
  module.enableCompileCache()
  // Settings of a file .env, as far as the environment does not have them.
  if (existsSync('.env')) process.loadEnvFile('.env')
  const { run } = await import('./cli/program.ts')
  await run(process.argv.slice(2))
} else {
  console.error(
    `This is Node ${process.version}; the SCO tracker needs 22.18 or newer. Run "npm start" or "npx sco-tracker": npm ci installed Node 26 for them.`,
  )
  process.exitCode = 1
}
