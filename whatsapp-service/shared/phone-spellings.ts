import { getCountryCallingCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';

/** Digits of the ways in which people write a number (E.164): `62812…`, `0062812…`, and at home `0812…`, `812…` and the mistaken `620812…`. */
export type Spell = (phone: string) => string[];

/** For numbers that may have been written by people of `country`. */
export function spellingsFor(country: CountryCode): Spell {
  const code = getCountryCallingCode(country);
  let trunk: string | null = null;
  return (phone) => {
    const digits = phone.slice(1);
    if (!digits.startsWith(code)) return [digits, `00${digits}`];
    const national = digits.slice(code.length);
    trunk ??= trunkOf(phone, national);
    return [...new Set([digits, `00${digits}`, trunk + national, national, code + trunk + national])];
  };
}

/** What is dialled before a number at home, mostly 0: as far as this number shows it. */
function trunkOf(phone: string, national: string): string {
  const written = parsePhoneNumberFromString(phone)?.formatNational().replaceAll(/\D/g, '');
  return written?.endsWith(national) === true ? written.slice(0, -national.length) : '';
}
