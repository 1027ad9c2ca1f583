/** How somebody came onto the opt-out list, or off it. */
export const OPT_OUT_SOURCES = ['api', 'message'] as const;
export type OptOutSource = (typeof OPT_OUT_SOURCES)[number];

/** Why a row of contacts or addresses was left out. */
export const ROW_REASONS = {
  no_phone: 'There is no phone number in this row.',
  invalid_phone: 'This is no phone number that can be dialled.',
  rounded_phone: 'The spreadsheet has rounded this number. Format its column as text, type it again and save.',
  invalid_row: 'This is neither a phone number nor an object with `phone`.',
} as const;
export type RowReason = keyof typeof ROW_REASONS;
