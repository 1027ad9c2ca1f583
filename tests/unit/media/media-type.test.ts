import { describe, expect, test } from '@jest/globals';
import { MEDIA_KINDS, type MediaKind } from '../../../whatsapp-service/contracts/media-api.js';
import { cleanFilename, mediaKindProblem, typeOfContent } from '../../../whatsapp-service/features/media/media-type.js';
import { SAMPLES } from '../../helpers/media-samples.js';

type Sample = keyof typeof SAMPLES;

describe('the type of a file', () => {
  // prettier-ignore
  test.each<[Sample, string | null, string, string]>([
    ['png',  null,                       '',          'image/png'],
    ['png',  'image/jpeg',               'a.jpg',     'image/png'],
    ['jpeg', 'application/octet-stream', 'a',         'image/jpeg'],
    ['gif',  null,                       '',          'image/gif'],
    ['webp', 'image/png',                '',          'image/webp'],
    ['mp4',  'video/mp4',                '',          'video/mp4'],
    ['mp4',  'audio/mp4',                '',          'audio/mp4'],
    ['mp4',  'audio/x-m4a',              '',          'audio/mp4'],
    ['mp4',  'application/octet-stream', 'note.M4A',  'audio/mp4'],
    ['mp4',  'image/png',                '',          'video/mp4'],
    ['mov',  null,                       '',          'video/quicktime'],
    ['m4a',  'video/mp4',                '',          'audio/mp4'],
    ['threegp', null,                    '',          'video/3gpp'],
    ['voice', 'audio/ogg',               '',          'audio/ogg; codecs=opus'],
    ['mp3',  'audio/mp3',                '',          'audio/mpeg'],
    ['wav',  'audio/x-wav',              '',          'audio/wav'],
    ['aac',  null,                       '',          'audio/aac'],
    ['amr',  null,                       '',          'audio/amr'],
    ['pdf',  'text/html; charset=utf-8', 'a.pdf',     'application/pdf'],
    ['exe',  'image/png',                'a.png',     'application/x-msdownload'],
    ['zip',  null,                       'a.zip',     'application/zip'],
    ['zip',  'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'a.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['zip',  'application/octet-stream', 'list.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    ['zip',  'image/png',                '',          'application/zip'],
    ['text', 'text/plain; charset=utf-8', '',         'text/plain'],
    ['text', 'text/csv',                 '',          'text/csv'],
    ['text', null,                       'list.csv',  'text/csv'],
    ['text', null,                       '',          'application/octet-stream'],
    ['text', 'image/png',                'a.png',     'application/octet-stream'],
    ['text', 'not a type',               '',          'application/octet-stream'],
    ['text', 'application/x-own',        '',          'application/x-own'],
    ['html', 'text/html',                '',          'text/html'],
    ['html', 'text/plain',               '',          'text/plain'],
    ['html', 'application/pdf',          'a.pdf',     'text/html'],
    ['svg',  'image/svg+xml',            '',          'image/svg+xml'],
  ])('%s, declared as %s (%j), is %s', async (sample, declared, filename, expected) => {
    expect(await typeOfContent(SAMPLES[sample], declared, filename)).toBe(expected);
  });

  test.each(['image/png', 'video/mp4', 'audio/mpeg'])('a web page that is declared as %s is refused', async (declared) => {
    await expect(typeOfContent(SAMPLES.html, declared, 'a')).rejects.toMatchObject({ code: 'media_type_not_allowed', details: { kind: declared.split('/')[0], mimetype: 'text/html' } });
    await expect(typeOfContent(Buffer.from('\ufeff \n<!-- x -->\n<HTML lang="id">'), declared, 'a')).rejects.toMatchObject({ code: 'media_type_not_allowed' });
  });

  test('rubbish of every length is a type and never an exception', async () => {
    for (let round = 0; round < 200; round++) {
      const head = Buffer.from(Array.from({ length: round }, (_, at) => (at * 7919 + round * 104_729) % 256));
      expect(await typeOfContent(head, null, '')).toMatch(/^[\w.+-]+\/[\w.+-]+/);
      for (const sample of Object.values(SAMPLES)) expect(await typeOfContent(sample.subarray(0, round), 'application/x-own', '')).toMatch(/\//);
    }
  });
});

describe('what is taken as what', () => {
  const TAKEN: Record<Exclude<MediaKind, 'document'>, string[]> = {
    image: ['image/jpeg', 'image/png', 'image/webp', 'image/gif'],
    video: ['video/mp4', 'video/3gpp', 'video/quicktime'],
    audio: ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/aac', 'audio/amr', 'audio/wav', 'audio/ogg; codecs=opus'],
    voice: ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/ogg; codecs=opus'],
    sticker: ['image/webp', 'image/png', 'image/jpeg'],
  };
  const ALL = [...new Set([...Object.values(TAKEN).flat(), 'text/html', 'image/svg+xml', 'application/octet-stream', 'video/webm', 'application/pdf', ''])];

  test.each(MEDIA_KINDS)('%s', (kind) => {
    const taken = ALL.filter((mimetype) => mediaKindProblem(kind, mimetype) === null);
    expect(taken.sort()).toEqual((kind === 'document' ? ALL : TAKEN[kind]).toSorted());
  });

  test('the refusal says what would be taken', () => {
    expect(mediaKindProblem('voice', 'audio/wav')).toMatchObject({ code: 'media_type_not_allowed', status: 422, details: { kind: 'voice', mimetype: 'audio/wav', allowed: ['audio/ogg', 'audio/mpeg', 'audio/mp4'] } });
  });
});

describe('a file name', () => {
  // prettier-ignore
  test.each<[string | null | undefined, string, string]>([
    ['invoice 1042.pdf',          'application/pdf', 'invoice 1042.pdf'],
    ['../../etc/passwd',          'text/plain',      'passwd'],
    ['C:\\Users\\me\\a.doc',      'text/plain',      'a.doc'],
    ['a\r\nX-Evil: 1\0.pdf',      'text/plain',      'aX-Evil: 1.pdf'],
    ['\u202efdp.exe',             'text/plain',      'fdp.exe'],
    ['half \ud83d.txt',           'text/plain',      'half .txt'],
    ['faktur 👨‍👩‍👧.pdf',            'text/plain',      'faktur 👨‍👩‍👧.pdf'],
    ['..',                        'image/jpeg',      'file.jpg'],
    ['/',                         'audio/ogg; codecs=opus', 'file.ogg'],
    ['   ',                       'application/pdf', 'file.pdf'],
    [null,                        'application/octet-stream', 'file.bin'],
    [undefined,                   'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'file.xlsx'],
  ])('%j becomes the third', (given, mimetype, expected) => expect(cleanFilename(given, mimetype)).toBe(expected));

  test('is cut at 200 characters, with its ending, and through no emoji', () => {
    expect(cleanFilename(`${'a'.repeat(300)}.pdf`, 'x/y')).toBe(`${'a'.repeat(196)}.pdf`);
    expect(cleanFilename(`${'👋'.repeat(300)}.jpeg`, 'x/y')).toBe(`${'👋'.repeat(97)}.jpeg`);
  });
});
