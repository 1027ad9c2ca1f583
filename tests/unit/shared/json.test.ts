import { describe, expect, test } from '@jest/globals';
import { toJson } from '../../../whatsapp-service/shared/json.js';

describe('JSON for every receiver', () => {
  test.each([
    ['an emoji stays', { a: '😀' }, '{"a":"😀"}'],
    ['the first half of one is replaced', { a: 'x\ud83d' }, '{"a":"x\\ufffd"}'],
    ['the second half, too', { a: '\ude00y' }, '{"a":"\\ufffdy"}'],
    ['also in a key', { '\ud83d': 1 }, '{"\\ufffd":1}'],
    ['text about an escape stays', { a: '\\ud83d' }, '{"a":"\\\\ud83d"}'],
    ['both beside one another', { a: '\\\ud83d' }, '{"a":"\\\\\\ufffd"}'],
  ])('%s', (_name, value, expected) => expect(toJson(value)).toBe(expected));
});
