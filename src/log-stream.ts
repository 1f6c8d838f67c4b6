// The destination of the log: buffers lines, and drops those that cannot be written rather than stop the service.
import { fstatSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'

/** Lines are written together, since a system call for each costs more than the line. */
const BATCH_CHARS = 8192
const FLUSH_MS = 500
/** How much may wait for a reader that is slow. */
const MAX_WAITING_BYTES = 1 << 20

export class LogStream {
  /** The number of lines that were dropped. */
  dropped = 0
  readonly #send: (text: string, onDropped: () => void) => void
  readonly #pending: () => number
  #lines: string[] = []
  #chars = 0

  /** @param standard standard output, unless a test replaces it */
  constructor(standard: Writable & { fd: number } = process.stdout) {
    // Without a listener an error, such as EPIPE, would end the process.
    standard.on('error', () => {})
    if (isStream(standard.fd)) {
      this.#send = (text, onDropped) => sendTo(standard, text, onDropped)
      this.#pending = () => standard.writableLength
    } else {
      this.#send = appendTo(standard.fd)
      this.#pending = () => 0
    }
    setInterval(() => this.flush(), FLUSH_MS).unref()
    process.on('exit', () => this.flush())
  }

  /** Called by pino with a line. */
  write(line: string): void {
    this.#lines.push(line)
    this.#chars += line.length
    if (this.#chars >= BATCH_CHARS) this.flush()
  }

  flush(): void {
    if (this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#chars = 0
    this.#send(lines.join(''), () => {
      this.dropped += lines.length
    })
  }

  /** Resolves when everything was read, or after `ms`. */
  async drain(ms: number): Promise<void> {
    this.flush()
    const until = performance.now() + ms
    while (this.#pending() > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A write to these may wait for a reader; Node writes to them without blocking. */
function isStream(fd: number): boolean {
  const stat = fstatSync(fd)
  return stat.isFIFO() || stat.isSocket() || isatty(fd)
}

function sendTo(stream: Writable, text: string, onDropped: () => void): void {
  if (stream.writableLength > MAX_WAITING_BYTES) onDropped()
  else stream.write(text, (error) => error && onDropped())
}

/** Appends to a file. When the disk is full a line may be cut off; the next text begins on a line of its own. */
function appendTo(fd: number): (text: string, onDropped: () => void) => void {
  let torn = false
  return (text, onDropped) => {
    let bytes = Buffer.from(torn ? `\n${text}` : text)
    const { length } = bytes
    try {
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(fd, bytes))
      torn = false
    } catch {
      torn ||= bytes.length < length
      onDropped()
    }
  }
}
