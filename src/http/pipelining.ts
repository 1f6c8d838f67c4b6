// Bounds the requests under way on each connection: of pipelined ones a few run, some wait, and more close the connection.
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'

/** How many requests of a connection run at a time. */
export const MAX_RUNNING = 4
/** How many more may wait. Node reads up to 64 kB at once, which is thousands of small requests. */
export const MAX_WAITING = 100

class Connection {
  running = 0
  readonly waiting: (() => void)[] = []
}

export const pipelining = fp(
  async (app) => {
    const connections = new WeakMap<object, Connection>()
    app.addHook('onRequest', (request, reply, done) => {
      const { socket } = request.raw
      // The client has gone: there is no one to answer.
      if (socket.destroyed) return void reply.hijack()
      let connection = connections.get(socket)
      if (!connection) {
        const opened = new Connection()
        connections.set(socket, opened)
        socket.once('close', () => opened.waiting.splice(0))
        connection = opened
      }
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
  { name: 'pipelining' },
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
