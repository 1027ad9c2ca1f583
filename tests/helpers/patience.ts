/**
 * A busy machine is no defect: whatever a test waits for may take so many times what it should. It costs time only where something
 * never comes. `TEST_PATIENCE` makes it other.
 */
const PATIENCE = Number(process.env.TEST_PATIENCE ?? 4);

/** How long to wait for what should take at most so many milliseconds. */
export const patient = (ms: number): number => ms * PATIENCE;
