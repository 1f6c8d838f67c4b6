// The checks of pages find what they are for, on a page with a fault of each sort.
import { expect, onTestFinished, test } from 'vitest'
import { closePages, describeInBrowser, newPage, sharedBrowser } from '../helpers/browser.ts'
import {
  axeFaults,
  directionFaults,
  focusFaults,
  forcedColourFaults,
  layoutFaults,
  printFaults,
  setTextSize,
} from './checks.ts'

const FAULTY = `<!doctype html><html lang="en"><title>Faulty</title><style>
  body { background: #fff } .grey { color: #bbb } .wide { width: 900px } .cut { height: 1rem; overflow: hidden } :focus { outline: none } .plain { border: 0; background: none }
  .region { width: 100px; overflow-x: auto } @keyframes turn { to { rotate: 1turn } } .moving { animation: turn 1s infinite }
</style><body><main><h1>Faulty</h1><p class="grey">Too pale</p><div class="wide">Too wide</div><div class="cut">Cut<br>off</div>
<a href="https://example.org/">Link</a><button class="plain moving">Push</button><form><input aria-label="Field"></form>
<details><summary>More</summary><p>Closed</p></details><p>\u202eturned around <b>Neighbour</b></p><svg><rect width="9" height="9" fill="#fff"></rect></svg>
<div class="region"><div class="wide">Region</div></div></main></body></html>`

describeInBrowser('the checks of pages', () => {
  test('find a fault of each sort', async () => {
    onTestFinished(closePages)
    const page = await newPage(await sharedBrowser(), { viewport: { width: 320, height: 640 } })
    await page.setContent(FAULTY)
    expect(await axeFaults(page)).toContainEqual(expect.stringMatching(/^color-contrast: .*Too pale/))
    expect(await directionFaults(page)).toEqual(['runs backwards: Neighbour'])
    expect((await focusFaults(page)).map((fault) => fault.split(':')[0])).toContain('does not show its focus')
    const layout = (await layoutFaults(page)).join('\n')
    for (const fault of [
      'scrolls without a name',
      'the page is 9',
      'is too wide: <div class="wide">',
      'cuts its content off: <div class="cut">',
    ])
      expect(layout).toContain(fault)
    await page.emulateMedia({ media: 'print' })
    const print = (await printFaults(page)).join('\n')
    for (const fault of [
      'is printed: <form>',
      'is printed: <button',
      'is closed on paper: <details>',
      'without its address: <a',
      'dark colours',
    ])
      expect(print).toContain(fault)
    await page.emulateMedia({ media: null, forcedColors: 'active' })
    const forced = (await forcedColourFaults(page)).join('\n')
    for (const fault of ['looks like nothing: <button', 'is invisible: <rect', 'something moves'])
      expect(forced).toContain(fault)
    await setTextSize(page, 32)
    expect(await page.evaluate('getComputedStyle(document.documentElement).fontSize')).toBe('32px')
  })
})
