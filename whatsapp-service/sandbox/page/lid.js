/* global Sim */
/* The same arithmetic as the hub's `identity.ts`: a LID is computed from the phone number and back. */
{
  const SPACE = 1_000_000_000_000_000n;
  const FACTOR = 387_420_489_000_001n;
  const OFFSET = 271_828_182_845_904n;
  const UNMAPPABLE_PREFIX = '999';

  const inverse = (value, modulus) => {
    let [r0, r1, s0, s1] = [value, modulus, 1n, 0n];
    while (r1 !== 0n) {
      const q = r0 / r1;
      [r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1];
    }
    return ((s0 % modulus) + modulus) % modulus;
  };
  const INVERSE = inverse(FACTOR, SPACE);

  Sim.lidOfPhone = (phone) => ((BigInt(phone) * FACTOR + OFFSET) % SPACE).toString().padStart(15, '0');

  Sim.phoneOfLid = (lid) => {
    const shifted = (((BigInt(lid) - OFFSET) % SPACE) + SPACE) % SPACE;
    const phone = ((shifted * INVERSE) % SPACE).toString();
    return phone.startsWith(UNMAPPABLE_PREFIX) ? null : phone;
  };
}
