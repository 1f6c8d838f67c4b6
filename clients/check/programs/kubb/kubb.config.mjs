import { defineConfig } from '@kubb/core'
import { pluginClient } from '@kubb/plugin-client'
import { pluginOas } from '@kubb/plugin-oas'
import { pluginTs } from '@kubb/plugin-ts'

export default defineConfig({
  root: '.',
  input: { path: process.env.DOCUMENT },
  output: { path: './client', clean: true, format: false, lint: false },
  plugins: [
    pluginOas({ generators: [], validate: false }),
    pluginTs({ enumType: 'literal' }),
    pluginClient({ client: 'fetch', bundle: true, dataReturnType: 'full' }),
  ],
})
