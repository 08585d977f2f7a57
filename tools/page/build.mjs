// usage: npm run build -- OUT. The SDK is CommonJS and pulls in the AWS messaging client, whose Node build would be taken
// (and break the bundle) unless the main fields are given.
import { build } from 'esbuild';

await build({
  entryPoints: ['sdk.js'],
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  mainFields: ['browser', 'module', 'main'],
  define: { global: 'globalThis' },
  legalComments: 'linked',
  logLevel: 'warning',
});
