const PARTS = 60;

/** How often something happened within the last `windowMs` milliseconds, to a sixtieth of it. Takes the same memory however often it was. */
export class RollingCount {
  private readonly parts = new Float64Array(PARTS);
  private readonly partMs: number;
  /** Number of the newest part since the epoch. */
  private newest = 0;

  constructor(readonly windowMs: number) {
    this.partMs = windowMs / PARTS;
  }

  add(count: number, now: number): void {
    this.advance(now);
    const part = this.newest % PARTS;
    this.parts[part] = (this.parts[part] ?? 0) + count;
  }

  total(now: number): number {
    this.advance(now);
    return this.parts.reduce((sum, part) => sum + part, 0);
  }

  private advance(now: number): void {
    const current = Math.floor(now / this.partMs);
    // A clock that was set back counts into the newest part.
    if (current <= this.newest) return;
    if (current - this.newest >= PARTS) this.parts.fill(0);
    else for (let part = this.newest + 1; part <= current; part++) this.parts[part % PARTS] = 0;
    this.newest = current;
  }
}
