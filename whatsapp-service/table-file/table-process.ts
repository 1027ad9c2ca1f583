import type { TableOrder } from './table-contract.js';
import { writeRows } from './table-rows.js';

/** Reads a table in a process of its own: it may be as large, as slow or as hostile as it likes, and is ended from outside. */
process.once('disconnect', () => process.exit(1));
process.once('message', (order: TableOrder) => {
  void writeRows(order).then(
    (answer) => process.send?.(answer),
    () => process.exit(2),
  );
});
