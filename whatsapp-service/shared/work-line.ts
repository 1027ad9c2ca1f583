/** Work that must not overlap: each piece begins when the one before has ended, well or badly. */
export class WorkLine {
  private last: Promise<unknown> = Promise.resolve();

  /** `onFailure` is told of what nobody waits for. */
  constructor(private readonly onFailure: (error: unknown) => void) {}

  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => {});
    return turn;
  }

  /** Never rejects. */
  async runAnyway(work: () => Promise<void>): Promise<void> {
    await this.run(work).catch((error: unknown) => this.onFailure(error));
  }
}
