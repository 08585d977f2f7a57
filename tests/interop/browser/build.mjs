// Bundles the page with the SDK. The SDK is CommonJS and pulls in the AWS messaging client, whose Node build would be
// taken (and break the bundle) unless the main fields are given.
import { build } from 'esbuild';

await build({
  entryPoints: ['page.js'],
  outfile: 'bundle.js',
  bundle: true,
  format: 'iife',
  platform: 'browser',
  mainFields: ['browser', 'module', 'main'],
  define: { global: 'globalThis' },
  logLevel: 'warning',
});
