import qrcode from 'qrcode-terminal';

/** What is shown to the person at the terminal, and is kept out of every log. */
export function showQr(session: string, qr: string): void {
  qrcode.generate(qr, { small: true }, (picture) => {
    process.stdout.write(`\nSession ${session}: scan with WhatsApp > Settings > Linked devices > Link a device\n${picture}\n`);
  });
}

export function showFirstKey(key: string): void {
  process.stdout.write(`\nYour admin API key, shown this once: ${key}\nSend it as X-Api-Key. Make further keys with POST /api/keys.\n\n`);
}
