// Loaded into a proxy: keeps idle connections open. Node closes them after five seconds, on a busy machine while a client uses one.
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'

const { createServer } = http
http.createServer = ((...given: Parameters<typeof createServer>) =>
  Object.assign(createServer(...given), { keepAliveTimeout: 600_000 })) as typeof createServer
syncBuiltinESMExports()
