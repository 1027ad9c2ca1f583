import { describe, expect, test } from '@jest/globals';
import { messageFor, textFor, type StoredBlastContent } from '../../../whatsapp-service/features/blast/blast-content.js';
import { choose, render } from '../../../whatsapp-service/features/blast/render.js';

describe('a text with variables', () => {
  test.each([
    ['Halo {{name}}', { name: 'Budi' }, 'Halo Budi', []],
    ['Halo {{ name | friend }}', {}, 'Halo friend', []],
    ['Halo {{name|}}', {}, 'Halo ', []],
    ['Halo {{name}}', {}, 'Halo ', ['name']],
    ['{{a}}{{a}} {{b}}', { b: null }, ' ', ['a', 'b']],
    ['{{n|x}} {{f}}', { n: 0, f: false }, '0 false', []],
    ['{{n|x}}', { n: '' }, 'x', []],
    // A value is text, whatever it looks like.
    ['{{a}}', { a: '{{b}} $& $1', b: 'no' }, '{{b}} $& $1', []],
    ['{{constructor|none}} {{__proto__|none}}', {}, 'none none', []],
    ['{ {a}} {{}} {{|x}} {{a', { a: 1 }, '{ {a}} {{}} {{|x}} {{a', []],
    ['{{nama lengkap}} {{日本}}', { 'nama lengkap': 'A', 日本: 'B' }, 'A B', []],
  ])('%j with %j', (template, variables, text, missing) => expect(render(template, variables)).toEqual({ text, missing }));

  test('is found in time, however it is written', () => {
    const hostile = '{{'.repeat(20_000) + ' '.repeat(20_000) + '}}';
    expect(render(hostile, {}).text === hostile).toBe(true);
  });
});

describe('variants', () => {
  test.each([
    [0, 0],
    [0.34, 1],
    [0.999, 2],
    [1, 2],
  ])('chance %d of three is the one at %d', (chance, index) => expect(choose(3, () => chance)).toBe(index));

  test('each has its turn', () => {
    const texts = ['a', 'b', 'c'];
    let n = 0;
    expect([0, 1, 2].map(() => textFor(texts, {}, () => n++ / 3)?.text)).toEqual(texts);
  });
});

describe('what one recipient gets', () => {
  const text: StoredBlastContent = { type: 'text', texts: ['{{a}}'], linkPreview: true };
  const media = { id: 'med_1', mimetype: 'image/png', filename: 'a.png', size: 5 };
  test.each([
    [text, { a: 'x' }, { type: 'text', text: 'x', mentions: [], linkPreview: true }],
    [text, {}, null],
    [text, { a: ' \n' }, null],
    [text, { a: 'x'.repeat(65_537) }, null],
    [{ type: 'image', texts: [], media }, {}, { type: 'image', mediaId: 'med_1', mimetype: 'image/png', filename: 'a.png', size: 5, caption: null, viewOnce: false }],
    [{ type: 'image', texts: ['{{a}}'], media }, { a: 'x'.repeat(1_025) }, null],
  ] as const)('%j with %#', (content, variables, message) => expect(messageFor(content as StoredBlastContent, variables, () => 0)).toEqual(message));
});
