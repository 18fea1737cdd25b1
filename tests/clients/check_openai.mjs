/* The `openai` package of npm: chat, responses and vector stores, whole and streamed. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import OpenAI from 'openai';
import { URL, answered, inTheSource, recipe, refused, slice } from './source.mjs';

const client = new OpenAI({ baseURL: `${URL}/v1`, apiKey: 'none', maxRetries: 0 });
const messages = content => [{ role: 'user', content }];

function held(text, cited) {
  assert.ok(cited.length);
  for (const one of cited) assert.ok(inTheSource(slice(text, one.start_index, one.end_index)));
}

for (const question of answered) {
  test(`chat: ${question}`, async () => {
    const { message } = (await client.chat.completions.create({ model: 'citaat', messages: messages(question) })).choices[0];
    held(message.content, message.annotations.map(one => one.url_citation));
  });

  test(`chat stream: ${question}`, async () => {
    let text = '';
    const cited = [];
    for await (const chunk of await client.chat.completions.create({ model: 'citaat', messages: messages(question), stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
      cited.push(...(chunk.choices[0]?.delta.annotations ?? []).map(one => one.url_citation));
    }
    held(text, cited);
  });

  test(`responses: ${question}`, async () => {
    const { output } = await client.responses.create({ model: 'citaat', input: question });
    const [part] = output[1].content;
    held(part.text, part.annotations.filter(one => one.type === 'url_citation'));
    for (const result of output[0].results) assert.ok(inTheSource(result.text));
  });

  test(`responses stream: ${question}`, async () => {
    let text = '';
    const annotations = [];
    for await (const event of await client.responses.create({ model: 'citaat', input: question, stream: true })) {
      if (event.type === 'response.output_text.delta') text += event.delta;
      if (event.type === 'response.output_text.annotation.added') annotations.push(event.annotation);
    }
    held(text, annotations.filter(one => one.type === 'url_citation'));
  });

  test(`vector store search: ${question}`, async () => {
    const [store] = (await client.vectorStores.list()).data;
    const { data } = await client.vectorStores.search(store.id, { query: question });
    assert.ok(data.length);
    for (const result of data) assert.ok(inTheSource(result.content[0].text));
  });
}

test('a refusal cites nothing', async () => {
  const { message } = (await client.chat.completions.create({ model: 'citaat', messages: messages(refused) })).choices[0];
  assert.deepEqual(message.annotations, []);
});

test('the recipe of the README', () => {
  writeFileSync('recipe.mjs', recipe('js', "from 'openai'"));
  const printed = execFileSync(process.execPath, ['recipe.mjs'], { encoding: 'utf8' });
  assert.ok(printed.includes('Dat betekent dan ook dat Nederland kernwapenvrij wordt.'));
});
