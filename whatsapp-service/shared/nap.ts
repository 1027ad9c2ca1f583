/** A wait that somebody else may end, also before it has begun. It does not keep the process from ending. */
export class Nap {
  private isOver = false;
  private wake: (() => void) | null = null;

  /** From now on an `end` counts for the next `take`. */
  begin(): void {
    this.isOver = false;
  }

  /** Resolves after so many milliseconds, or at an `end` since `begin`. */
  take(ms: number): Promise<void> {
    if (this.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end(), ms).unref();
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }

  end(): void {
    this.isOver = true;
    this.wake?.();
  }
}
