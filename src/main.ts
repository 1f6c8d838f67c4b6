// The entry: makes sure of the Node it runs on, then hands over to start.ts. It imports nothing of ours before that.
import { enableCompileCache } from 'node:module'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `The SCO tracker needs Node 22.18 or newer; this is ${process.version}. "npm start" brings its own.`,
  )
  process.exit(1)
}

// What was compiled at one start is there at the next.
enableCompileCache()
const { start } = await import('./start.ts')
await start()
