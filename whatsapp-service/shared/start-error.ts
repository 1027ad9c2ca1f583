/** What keeps the service from starting and a person can mend. Its sentence says how, and is all that is shown. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
