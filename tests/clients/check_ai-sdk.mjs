/* Vercel's AI SDK with `@ai-sdk/openai`: chat completions and responses; citations arrive as sources. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';
import { URL, answered, inTheSource, refused } from './source.mjs';

const citaat = createOpenAI({ baseURL: `${URL}/v1`, apiKey: 'none' });
const ways = { chat: citaat.chat('citaat'), responses: citaat.responses('citaat') };

async function held(text, sources) {
  assert.ok(inTheSource(text.split(' [1]')[0]));
  const urls = sources.filter(source => source.sourceType === 'url');
  assert.ok(urls.length);
  for (const source of urls) {
    assert.match(source.title, /\S/);
    assert.equal((await fetch(source.url)).status, 200);
  }
}

for (const [way, model] of Object.entries(ways)) {
  for (const prompt of answered) {
    test(`${way}: ${prompt}`, async () => {
      const { text, sources } = await generateText({ model, prompt, maxRetries: 0 });
      await held(text, sources);
    });

    test(`${way} stream: ${prompt}`, async () => {
      const result = streamText({ model, prompt, maxRetries: 0 });
      await held(await result.text, await result.sources);
    });
  }

  test(`${way}: a refusal has no sources`, async () => {
    assert.deepEqual((await generateText({ model, prompt: refused, maxRetries: 0 })).sources, []);
  });
}
