// What bench/results.json says, as tables.
import type { Results } from './rates.ts'

export function report(results: Results, _write: boolean): string {
  const lines: string[] = []
  for (const [rows, { figures, peakMemory, start, soak }] of Object.entries(results.sizes)) {
    lines.push(
      `\n${Number(rows).toLocaleString('en')} proposals; ${results.machine}; at most ${peakMemory} MB`,
    )
    for (const [work, byServer] of Object.entries(figures)) {
      const own = byServer['service']
      for (const [server, { rate, p99, cpu }] of Object.entries(byServer)) {
        const ratio =
          server === 'service' || !own
            ? ''
            : `  ours/theirs: rate ${(own.rate / rate).toFixed(2)}  cpu ${(cpu / own.cpu).toFixed(2)}`
        lines.push(
          `  ${work.padEnd(20)} ${server.padEnd(9)} ${rate.toFixed(0).padStart(7)}/s  p99 ${String(p99).padStart(5)} ms  ${cpu.toFixed(0).padStart(7)} µs${ratio}`,
        )
      }
    }
    if (start) lines.push(`  start: empty ${start.empty} ms, this ${start.filled} ms`)
    if (soak) lines.push(`  soak: ${soak.memory.join(' ')} MB`)
  }
  return lines.join('\n')
}
