// My work: what a person has begun, changed and has to judge.
import { html } from '../web/html.ts'
import { sendWorkbench } from './respond.ts'
import type { RouteModule } from './visit.ts'

export const workRoutes: RouteModule = ({ page }) => {
  page('', (visit) => {
    const { site } = visit.words
    return sendWorkbench(visit, { title: site.work, main: html`<h1>${site.work}</h1>` })
  })
}
