/** What a spreadsheet takes for a formula; a quotation mark before it makes it text. A phone number is one already. */
const DANGEROUS = /^[=+\-@\t\r]/;
const E164 = /^\+\d{5,15}$/;

/** One cell of a CSV file that is safe to open in a spreadsheet. */
export function csvCell(value: string): string {
  const safe = DANGEROUS.test(value) && !E164.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;
