// Makes ../static/built: the style sheet and the script of the pages, and the licence of what they
// are made of. `make assets` runs it.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync, transformSync } from 'esbuild'
import { compile } from 'sass'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const built = here('../static/built/')
const { version } = JSON.parse(readFileSync(here('node_modules/govuk-frontend/package.json')))
const banner = `/* Contains GOV.UK Frontend ${version}, MIT licence, Crown copyright: see govuk-licence.txt beside this file. */\n`

mkdirSync(built, { recursive: true })
const { css } = compile(here('portcullis.scss'), { loadPaths: [here('node_modules')], quietDeps: true })
writeFileSync(built + 'portcullis.css', banner + transformSync(css, { loader: 'css', minify: true, legalComments: 'none' }).code)
const { outputFiles } = buildSync({
  entryPoints: [here('portcullis.js')], bundle: true, minify: true, format: 'esm', legalComments: 'none', write: false,
})
writeFileSync(built + 'portcullis.js', banner + outputFiles[0].text)
copyFileSync(here('govuk-licence.txt'), built + 'govuk-licence.txt')
