/** How somebody came onto the opt-out list, or off it. */
export const OPT_OUT_SOURCES = ['api', 'message'] as const;
export type OptOutSource = (typeof OPT_OUT_SOURCES)[number];
