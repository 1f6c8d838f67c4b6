// The options of curl that the documentation uses, so that its commands run where curl is not installed.
import { readFileSync } from 'node:fs'

const headers = {}
let [method, url, body] = ['GET', '', undefined]
const rest = process.argv.slice(2)
while (rest.length > 0) {
  const option = rest.shift()
  if (option === '-s') continue
  if (option === '-X') method = rest.shift()
  else if (option === '-H') {
    const [, name, value] = /^([^:]+): (.*)$/.exec(rest.shift())
    headers[name] = value
  } else if (option === '-d') {
    const data = rest.shift()
    body = data.startsWith('@') ? readFileSync(data.slice(1)) : data
  } else if (option.startsWith('http')) url = option
  else throw new Error(`Unknown option: ${option}`)
}
const response = await fetch(url.replace('http://localhost:3000', process.env.SERVICE), {
  method,
  headers,
  body,
})
process.stdout.write(await response.text())
