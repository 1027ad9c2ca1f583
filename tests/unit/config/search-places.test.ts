import { expect, test } from '@jest/globals';
import { delimiter } from 'node:path';
import { searchPlaces } from '../../../whatsapp-service/config/search-places.js';

test('gives the folders of PATH in their order, without empty ones', () => {
  expect(searchPlaces({ PATH: ['/a', '', '/b'].join(delimiter) }).path).toEqual(['/a', '/b']);
  expect(searchPlaces({}).path).toEqual([]);
});
