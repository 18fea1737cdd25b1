/* What every client is held against; see source.py. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const URL = process.env.CITAAT_URL;
const folder = process.env.CITAAT_DATA;
const texts = readdirSync(folder).filter(name => name.endsWith('.txt')).map(name => readFileSync(join(folder, name), 'utf8'));

export const answered = ['Wat vindt de partij van kernwapens?', 'Wat krijgt de kat elke dag?'];
export const refused = 'Hoe bak ik een appeltaart?';

export const inTheSource = quote => quote.length > 20 && texts.some(text => text.includes(quote));

/* Offsets count code points; JavaScript's strings count UTF-16 units. */
export const slice = (text, start, end) => [...text].slice(start, end).join('');

/* The only block of docs/clients.md in a language that holds a word, for the server that is tested. */
export function recipe(language, word) {
  const page = readFileSync(process.env.CITAAT_RECIPES, 'utf8');
  const blocks = [...page.matchAll(new RegExp('```' + language + '\\n(.+?)```', 'gs'))].map(found => found[1]);
  const [found, ...others] = blocks.filter(block => block.includes(word));
  if (!found || others.length) throw new Error(`docs/clients.md has ${found ? 'several blocks' : 'no block'} with ${word}`);
  return found.replaceAll('http://127.0.0.1:8000', URL);
}
