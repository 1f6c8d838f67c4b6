// What is taken from pasted texts, files and pages: to the letter, with what was changed, and nothing that they run or load.
import { deflateSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { decode, metaCharset } from '../../src/workbench/ingest/charset.ts'
import { Extractor } from '../../src/workbench/ingest/extractor.ts'
import { IngestFailure } from '../../src/workbench/ingest/failure.ts'
import { ingestAddress, ingestFile, ingestPasted } from '../../src/workbench/ingest/ingest.ts'
import { guessLanguage } from '../../src/workbench/ingest/language.ts'
import { NO_CHANGES, normalizeText } from '../../src/workbench/ingest/text.ts'
import { pdfOf } from '../helpers/pdf.ts'
import { publisher } from '../helpers/publisher.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** An extractor for a test. */
function extractor(timeoutMs?: number): Extractor {
  const own = new Extractor({ timeoutMs })
  onTestFinished(() => own.close())
  return own
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'taken',
    (error: unknown) => (error instanceof IngestFailure ? error.code : String(error)),
  )

describe('a text', () => {
  test('gets line feeds for all line ends, which are counted', () => {
    expect(normalizeText('a\r\nb\rc\nd\u2028e\u2029f\u0085g\u000bh\u000ci')).toEqual({
      text: 'a\nb\nc\nd\ne\nf\ng\nh\ni',
      changes: { ...NO_CHANGES, lineEnds: 2, separators: 5 },
    })
  })

  test('loses a byte order mark at its start, control characters and halves of pairs', () => {
    expect(normalizeText('\ufeffa\0b\u0007c\u009fd\ud83de\tf\ufeffg\ufffe')).toEqual({
      text: 'abcd\ufffde\tf\ufeffg',
      changes: { byteOrderMark: 1, controls: 4, surrogates: 1, lineEnds: 0, separators: 0 },
    })
  })

  test('keeps all else to the letter: spaces, joiners, marks of direction, and the form of its letters', () => {
    const text =
      ' e\u0301 \u00e9 \u00a0\u200b\u200c\u200d\u200e\u202e\u2066 👩🏽‍🚒 \ud83c\uddf0\ud83c\uddff ؟ ﬁ\n\n'
    expect(normalizeText(text)).toEqual({ text, changes: NO_CHANGES })
  })

  test('without letters or beyond the longest text of a source is refused', () => {
    for (const [text, code] of [
      [' \n\t', 'no-text'],
      ['\0', 'no-text'],
      ['x'.repeat(1_000_001), 'too-large'],
    ] as const)
      expect(() => ingestPasted(text)).toThrow(expect.objectContaining({ code }))
    expect(ingestPasted('x'.repeat(1_000_000)).text).toHaveLength(1_000_000)
  })
})

const RUSSIAN = 'Министр обороны Сергей Шойгу предложил повысить потенциал ШОС'
const CHINESE = '国防部长在塔什干举行的上海合作组织成员国国防部长会议上提出'

/** Bytes in encodings for which Node has only decoders, letter by letter. */
function encode(text: string, encoding: string): Uint8Array {
  const decoder = new TextDecoder(encoding)
  const table = new Map<string, number[]>()
  for (let first = 0; first < 256; first++) {
    table.set(decoder.decode(new Uint8Array([first])), [first])
    if (encoding !== 'gb18030' || first < 0x81) continue
    for (let second = 0x40; second < 0xff; second++)
      table.set(decoder.decode(new Uint8Array([first, second])), [first, second])
  }
  return new Uint8Array([...text].flatMap((char) => table.get(char) ?? []))
}

describe('the encoding of a file', () => {
  test.each([
    ['windows-1251', RUSSIAN],
    ['koi8-r', RUSSIAN],
    ['gb18030', CHINESE],
    ['windows-1252', 'Le ministre de la Défense a proposé d’élever le potentiel'],
    ['windows-1256', 'وزير دفاع روسيه در نشست سازمان همکاري'],
  ])('%s is guessed, and said to be a guess', (encoding, text) => {
    expect(decode(encode(text, encoding))).toEqual({ text, encoding, guessed: true })
  })

  test('is UTF-8 if it can be, and what a mark says', () => {
    expect(decode(bytes(RUSSIAN))).toEqual({ text: RUSSIAN, encoding: 'utf-8', guessed: false })
    const utf16 = new Uint8Array([
      0xff,
      0xfe,
      ...new Uint8Array(Uint16Array.from('Шойгу', (char) => char.charCodeAt(0)).buffer),
    ])
    expect(decode(utf16, 'windows-1251')).toEqual({ text: 'Шойгу', encoding: 'utf-16le', guessed: false })
  })

  test('is the one that was chosen or declared, unless there is none of that name', () => {
    const latin = new Uint8Array([0xe0])
    expect(decode(latin, 'cp1251')).toEqual({ text: 'а', encoding: 'windows-1251', guessed: false })
    expect(decode(bytes('à'), 'no-such-encoding').encoding).toBe('utf-8')
  })

  test.each([
    ['<meta charset=windows-1251>', 'windows-1251'],
    ['<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=gb2312">', 'gb2312'],
    ['<?xml version="1.0" encoding="koi8-r"?>', 'koi8-r'],
    ['<!-- <meta charset="big5"> --><p>', null],
    ['<meta charset="utf-16">', 'utf-8'],
    [`${' '.repeat(1024)}<meta charset="big5">`, null],
  ])('of a page that begins with %j', (page, charset) => {
    expect(metaCharset(bytes(page))).toBe(charset)
  })
})

test.each([
  [RUSSIAN, 'ru'],
  [CHINESE, 'zh'],
  ['The minister proposed it', 'en'],
  ['وزیر دفاع روسیه در نشست سازمان پیشنهاد کرد', 'fa'],
  ['اقترح وزير الدفاع الروسي في اجتماع المنظمة', 'ar'],
  ['Қорғаныс министрі ұйымның әлеуетін арттыруды ұсынды', 'kk'],
  ['रक्षा मंत्री ने प्रस्ताव रखा', 'hi'],
  [`${RUSSIAN} (Shanghai Cooperation Organisation)`, 'ru'],
  ['1234', 'en'],
])('the language of %j is %s', (text, language) => {
  expect(guessLanguage(text)).toBe(language)
})

const PARAGRAPH =
  'The Minister of Defence proposed, on Wednesday, to increase the potential of the organisation, in particular the mechanisms for the exchange of information.'

const PAGE = `<!doctype html><html lang="en-gb"><head><title>Ministers meet in Tashkent | Steppe Telegraph</title>
<meta charset="utf-8"><meta property="og:site_name" content="Steppe Telegraph"><link rel="canonical" href="/2022/08/ministers">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"NewsArticle","datePublished":"2022-08-24T23:30:00+05:00"}]}</script>
<style>p { color: red }</style></head>
<body onload="globalThis.ran = true"><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav>
<article><h1>Ministers meet in&nbsp;Tashkent</h1><p class="byline">By <span rel="author">Anna Lee</span></p>
<p>${PARAGRAPH}   It is
 the <b>first</b> <i>time</i>&#8212;“so far”.<br>A second line.</p>
<p>${PARAGRAPH}<script>globalThis.ran = true</script><img src="https://tracker.example/pixel" onerror="globalThis.ran = true"></p>
<ul><li>One point</li><li>Another point</li></ul><p hidden>${PARAGRAPH} hidden</p><p style="display:none">${PARAGRAPH} hidden</p>
<p>${PARAGRAPH}</p></article><footer>© Steppe Telegraph</footer></body></html>`

describe('an HTML page', () => {
  test('gives its article with title, publisher, language, day and address, and the text as readers see it', async () => {
    const { origin } = await publisher((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
    })
    const now = new Date('2026-11-30T10:00:00Z')
    const options = { allowPrivate: true, userAgent: 'test', now }
    const {
      fields,
      text,
      publisher: name,
      whole,
      ...others
    } = await ingestAddress(extractor(), `${origin}/x?utm=1`, options)
    expect(fields).toEqual({
      title: 'Ministers meet in\u00a0Tashkent',
      authors: ['Anna Lee'],
      language: 'en-GB',
      publishedOn: '2022-08-24',
      url: `${origin}/2022/08/ministers`,
      archivedUrl: null,
      retrievedAt: '2026-11-30T10:00:00.000Z',
      mediaType: 'text/html',
    })
    expect([name, whole, others.encoding, others.languageGuessed]).toEqual([
      'Steppe Telegraph',
      false,
      'utf-8',
      false,
    ])
    expect(text).toBe(
      [
        'Ministers meet in\u00a0Tashkent',
        `${PARAGRAPH} It is the first time—“so far”.\nA second line.`,
        PARAGRAPH,
        'One point\nAnother point',
        PARAGRAPH,
      ].join('\n\n'),
    )
  })

  test('that is a file gives the address that it has in itself, unless that is relative', async () => {
    const saved = PAGE.replace('href="/2022', 'href="https://steppe.example/2022')
    const { fields, publisher: name } = await ingestFile(extractor(), bytes(saved), { name: 'a.html' })
    expect([fields.url, name]).toEqual(['https://steppe.example/2022/08/ministers', 'Steppe Telegraph'])
    expect((await ingestFile(extractor(), bytes(PAGE), { name: 'a.html' })).fields.url).toBeNull()
  })

  test('without an article gives all that readers see', async () => {
    const page =
      '<title>Note</title><body><p>Short.</p><div>Next</div><table><tr><td>a<td>b</table><pre>x\n  y</pre></body>'
    const { text, whole, fields } = await ingestFile(extractor(), bytes(page), { name: 'note.html' })
    expect(text).toBe('Short.\n\nNext\n\na\tb\n\nx\n  y')
    expect([whole, fields.title, fields.url]).toEqual([true, 'Note', null])
  })

  test('runs nothing, and loads nothing', async () => {
    const { origin, requested } = await publisher((_request, response) => {
      response.writeHead(200).end()
    })
    const hostile = PAGE.replaceAll('https://tracker.example', origin).replace(
      '</head>',
      `<link rel="stylesheet" href="${origin}/a.css"><script src="${origin}/a.js"></script><base href="${origin}/"><meta http-equiv="refresh" content="0;url=${origin}/b"></head>`,
    )
    const { text } = await ingestFile(extractor(), bytes(hostile), {})
    expect(text).toContain(PARAGRAPH)
    expect(text).not.toContain('<')
    expect(requested).toEqual([])
  })

  test('is told from text by its content or the name of the file', async () => {
    const html = await ingestFile(extractor(), bytes(' <!-- c --><!DOCTYPE html><p>One &amp; two'), {
      name: 'a.txt',
    })
    expect([html.text, html.fields.mediaType]).toEqual(['One & two', 'text/html'])
    const text = await ingestFile(extractor(), bytes('<b> is a tag\r\n& so on'), { name: 'a.txt' })
    expect([text.text, text.fields.mediaType, text.changes.lineEnds]).toEqual([
      '<b> is a tag\n& so on',
      'text/plain',
      1,
    ])
  })

  test('that was archived has the address of the original', async () => {
    const { origin } = await publisher((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('text')
    })
    const { port } = new URL(origin)
    const { fields } = await ingestAddress(
      extractor(),
      `http://web.archive.org:${port}/web/2022/https://steppe.example/news`,
      {
        allowPrivate: true,
        userAgent: 'test',
        now: new Date(),
        resolve: (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
      },
    )
    expect(fields.url).toBe('https://steppe.example/news')
    expect(fields.archivedUrl).toContain('/web/2022/https://steppe.example/news')
  })
})

describe('a PDF', () => {
  test('gives the text of its pages, its title and its day; divided words stay divided', async () => {
    const file = pdfOf(
      [['Communique', 'The ministers agreed to co-', 'operate on water.'], ['Second page.']],
      {
        info: "/Title (Communique of the council) /Author (Secretariat) /CreationDate (D:20240304120000+05'00')",
      },
    )
    const { fields, text, publisher: name } = await ingestFile(extractor(), file, { name: 'a.pdf' })
    expect(text).toBe('Communique\nThe ministers agreed to co-\noperate on water.\n\nSecond page.')
    expect(fields).toMatchObject({
      title: 'Communique of the council',
      authors: ['Secretariat'],
      language: 'en-GB',
      publishedOn: '2024-03-04',
      mediaType: 'application/pdf',
    })
    expect(name).toBeNull()
  })

  test('without text, with a password, or damaged is refused with the reason', async () => {
    expect(await codeOf(ingestFile(extractor(), pdfOf([[]]), {}))).toBe('no-text')
    const locked = pdfOf([['Secret']], {
      trailer: `/Encrypt << /Filter /Standard /V 1 /R 2 /O <${'00'.repeat(32)}> /U <${'00'.repeat(32)}> /P -4 >> /ID [<00> <00>]`,
    })
    expect(await codeOf(ingestFile(extractor(), locked, {}))).toBe('encrypted')
    expect(await codeOf(ingestFile(extractor(), bytes('%PDF-1.4 nothing else'), {}))).toBe('damaged')
  })

  test('that becomes too large is given up, and the next one is read', async () => {
    const bomb = pdfOf([[]], { streams: [deflateSync(Buffer.alloc(300_000_000, 'q Q '))] })
    expect(bomb.length).toBeLessThan(1_000_000)
    // By its memory, which is that of the process, or by the time.
    const own = extractor(5000)
    const codes = [codeOf(ingestFile(own, bomb, {})), codeOf(ingestFile(own, pdfOf([['Text']]), {}))]
    expect(await Promise.all(codes)).toEqual(['too-complex', 'taken'])
  })
})

test('a page that takes too long to parse is given up', async () => {
  const own = extractor(1000)
  expect(await codeOf(ingestFile(own, bytes(`<html>${'<div>'.repeat(200_000)}text`), {}))).toBe('too-complex')
  expect(await codeOf(ingestFile(extractor(), bytes('<html><p>text'), {}))).toBe('taken')
})

test('other files are refused', async () => {
  for (const file of [
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d]),
    new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0]),
    new Uint8Array(Array.from({ length: 1000 }, (_, index) => (index * 7919) % 251)),
  ])
    expect(await codeOf(ingestFile(extractor(), file, { name: 'a.txt' }))).toBe('type')
})
