/** A PDF by its first bytes, and otherwise noise, so that nothing on its way can make it smaller; another one for each number. */
export function sampleDocument(bytes: number, number: number): Buffer {
  const document = Buffer.alloc(bytes);
  let state = number + 1;
  for (let at = 0; at + 4 <= bytes; at += 4) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    document.writeInt32LE(state | 0, at);
  }
  document.write('%PDF-1.7\n', 0, 'latin1');
  return document;
}
