// The thread of the long reads: runs statements that it is sent, one after the other, on a connection of its own.
import { parentPort, workerData } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import { connectReadOnly } from './connection.ts'

/** A statement to run. */
export interface Request {
  how: 'all' | 'get' | 'pluck' | 'run'
  text: string
  params: readonly unknown[]
}

export type Response = { result: unknown } | { error: { message: string; code: string | undefined } }

const MAX_STATEMENTS = 100

const database = connectReadOnly(workerData as string)
const statements = new Map<string, Database.Statement>()

function run({ how, text, params }: Request): unknown {
  if (statements.size >= MAX_STATEMENTS) statements.clear()
  const statement = statements.getOrInsertComputed(`${how} ${text}`, () => database.prepare(text))
  if (how === 'pluck') return statement.pluck().all(params)
  return statement[how](params)
}

parentPort?.on('message', (request: Request) => {
  let response: Response
  try {
    response = { result: run(request) }
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    response = { error: { message, code } }
  }
  parentPort?.postMessage(response)
})
