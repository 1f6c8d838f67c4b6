// Bounds what a connection may cost: requests under way, responses that the client does not take, work for a client that has gone.
import { Socket } from 'node:net'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'

/** How many requests of a connection run at a time. */
export const MAX_RUNNING = 4
/** How many more may wait; more close it. Node reads up to 64 kB at once, which is thousands of small requests. */
export const MAX_WAITING = 100

interface Options {
  /** How long a client may take nothing of a response before its connection is closed; 0: for ever. */
  sendTimeoutMs: number
}

class Connection {
  running = 0
  readonly waiting: (() => void)[] = []
}

export const connections = fp<Options>(
  async (app, { sendTimeoutMs }) => {
    const bySocket = new WeakMap<object, Connection>()
    app.addHook('onRequest', (request, reply, done) => {
      const { socket } = request.raw
      // The client has gone: there is no one to answer.
      if (socket.destroyed) return void reply.hijack()
      let connection = bySocket.get(socket)
      if (!connection) {
        const opened = new Connection()
        bySocket.set(socket, opened)
        socket.once('close', () => opened.waiting.splice(0))
        connection = opened
      }
      closeIfStalled(reply, socket, sendTimeoutMs)
      if (connection.running < MAX_RUNNING) return run(connection, reply, done)
      if (connection.waiting.length === MAX_WAITING) {
        reply.hijack()
        socket.destroy()
        return
      }
      const { waiting } = connection
      waiting.push(() => (socket.destroyed ? reply.hijack() : run(connection, reply, done)))
    })
    // Once more before the work, which may be long: hooks such as authentication have waited in between.
    app.addHook('preHandler', (request, reply, done) => {
      if (request.raw.socket.destroyed) reply.hijack()
      else done()
    })
  },
  { name: 'connections' },
)

function run(connection: Connection, reply: FastifyReply, done: () => void): void {
  connection.running++
  reply.raw.once('close', () => {
    connection.running--
    const next = connection.waiting.shift()
    // In a tick of its own, so that other connections get their turn and a disconnect is noticed.
    if (next) setImmediate(next)
  })
  done()
}

/** Closes a connection on which nothing could be sent for a while. Waiting for a response to begin does not count. */
function closeIfStalled({ raw }: FastifyReply, socket: Socket, timeoutMs: number): void {
  if (timeoutMs === 0 || !(socket instanceof Socket)) return
  raw.setTimeout(timeoutMs, () => {
    if (socket.writableLength > 0) socket.destroy()
  })
}
