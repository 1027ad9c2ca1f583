/** The beginnings of real files; enough for a program to know them by. */
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const ftyp = (brand: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0x18]), ascii(`ftyp${brand}`), Buffer.alloc(4), ascii(`isom${brand}`), Buffer.alloc(64)]);
const riff = (kind: string): Buffer => Buffer.concat([ascii('RIFF'), Buffer.from([64, 0, 0, 0]), ascii(kind), Buffer.alloc(64)]);

/** One Ogg page whose first packet is `packet`. */
const ogg = (packet: Buffer): Buffer => Buffer.concat([ascii('OggS'), Buffer.alloc(22), Buffer.from([1, packet.length]), packet, Buffer.alloc(32)]);

const zipEntry = (name: string, content = ''): Buffer => {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt32LE(content.length, 18);
  head.writeUInt32LE(content.length, 22);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, ascii(name), ascii(content)]);
};

export const SAMPLES = {
  png: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
  jpeg: Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10]), ascii('JFIF\0'), Buffer.alloc(64)]),
  gif: Buffer.concat([ascii('GIF89a'), Buffer.alloc(64)]),
  webp: riff('WEBP'),
  wav: riff('WAVE'),
  mp4: ftyp('isom'),
  mov: ftyp('qt  '),
  m4a: ftyp('M4A '),
  threegp: ftyp('3gp5'),
  voice: ogg(Buffer.concat([ascii('OpusHead'), Buffer.alloc(11)])),
  mp3: Buffer.concat([ascii('ID3'), Buffer.from([3, 0, 0, 0, 0, 0, 10]), Buffer.alloc(10), Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(400)]),
  aac: Buffer.concat([Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc]), Buffer.alloc(400)]),
  amr: Buffer.concat([ascii('#!AMR\n'), Buffer.alloc(64)]),
  pdf: ascii('%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n'),
  zip: zipEntry('a.txt', 'hello'),
  exe: Buffer.concat([ascii('MZ'), Buffer.alloc(126)]),
  text: ascii('Dear customer,\nyour order is on its way.\n'),
  html: ascii('<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>'),
  svg: ascii('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
} as const satisfies Record<string, Buffer>;
