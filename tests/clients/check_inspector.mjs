/* The MCP inspector's command line, over HTTP. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { URL, answered, inTheSource } from './source.mjs';

const run = promisify(execFile);
const program = join(dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json')), '../../.bin/mcp-inspector');

async function called(...options) {
  const { stdout } = await run(program, ['--cli', `${URL}/mcp`, '--transport', 'http', ...options]);
  return JSON.parse(stdout);
}

test('tools/list', async () => {
  const { tools } = await called('--method', 'tools/list');
  assert.deepEqual(tools.map(tool => tool.name).sort(), ['ask', 'fetch', 'search']);
});

for (const question of answered) {
  test(`search, then fetch: ${question}`, async () => {
    const call = ['--method', 'tools/call', '--tool-name'];
    const found = await called(...call, 'search', '--tool-arg', `query=${question}`);
    const [{ id }] = found.structuredContent.results;
    const { structuredContent } = await called(...call, 'fetch', '--tool-arg', `id=${id}`);
    assert.ok(inTheSource(structuredContent.text));
  });
}
