const FIRST_SLOTS = 1_024;
/** An empty slot. */
const NONE = 0;

/** Whole numbers from 1 to 2^53, 16 bytes or a little more for each: a `Set` takes four times as much. */
export class NumberSet {
  private slots = new Float64Array(FIRST_SLOTS);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** False: it was there before. */
  add(value: number): boolean {
    if (!put(this.slots, value)) return false;
    this.count++;
    if (this.count * 2 > this.slots.length) this.grow();
    return true;
  }

  private grow(): void {
    const larger = new Float64Array(this.slots.length * 2);
    for (const value of this.slots) if (value !== NONE) put(larger, value);
    this.slots = larger;
  }
}

/** Into its slot, or the next one that is free. */
function put(slots: Float64Array, value: number): boolean {
  const mask = slots.length - 1;
  for (let at = hashOf(value) & mask; ; at = (at + 1) & mask) {
    const found = slots[at];
    if (found === value) return false;
    if (found !== NONE) continue;
    slots[at] = value;
    return true;
  }
}

/** Numbers of one list follow one another: their last digits must not decide alone. */
function hashOf(value: number): number {
  const low = Math.imul(value % 0x1_0000_0000, 0x9e37_79b1);
  const high = Math.imul(Math.floor(value / 0x1_0000_0000), 0x85eb_ca6b);
  const mixed = low ^ high;
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
