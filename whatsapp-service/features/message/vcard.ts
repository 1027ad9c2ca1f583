/**
 * A contact card as WhatsApp writes them: vCard 3.0 (RFC 2426), with WhatsApp's own `waid` parameter, the number's digits,
 * which is what makes the card open a chat.
 */
export function vcard(contact: { name: string; organization?: string }, phone: string): string {
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped(contact.name)};;;`,
    `FN:${escaped(contact.name)}`,
    ...(contact.organization ? [`ORG:${escaped(contact.organization)};`] : []),
    `TEL;type=CELL;type=VOICE;waid=${phone.replace(/\D/g, '')}:${phone}`,
    'END:VCARD',
  ];
  return lines.join('\n');
}

const escaped = (text: string): string => text.replace(/[\\;,]/g, (found) => `\\${found}`).replace(/\r\n|[\r\n]/g, '\\n');
