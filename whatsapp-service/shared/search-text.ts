/** A search as the text between `%` of a `like … escape '!'`. */
export const likeText = (text: string): string => text.toLowerCase().replaceAll(/[%_!]/g, '!$&');

/** The digits of a search, without the 0 that is written at home and is in no E.164 number. */
export const phoneDigits = (text: string): string => text.replaceAll(/\D/g, '').replace(/^0/, '');
