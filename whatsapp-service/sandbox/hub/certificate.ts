import { X509Certificate, createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Certificate {
  key: string;
  cert: string;
  /** Base64 SHA-256 of the public key: the only certificate that the sandbox's browser is told to accept. */
  spki: string;
}

const YEARS = 10;
const DAY_MS = 86_400_000;

/** The certificate of the simulated https://web.whatsapp.com, made once. Its key never leaves `dataDir`. */
export async function loadCertificate(dataDir: string): Promise<Certificate> {
  mkdirSync(dataDir, { recursive: true });
  const [keyFile, certFile] = [join(dataDir, 'sandbox-key.pem'), join(dataDir, 'sandbox-cert.pem')];
  if (existsSync(keyFile) && existsSync(certFile)) {
    const kept = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
    if (Date.parse(new X509Certificate(kept.cert).validTo) > Date.now() + 30 * DAY_MS) return { ...kept, spki: spkiOf(kept.cert) };
  }
  const made = await generate([{ name: 'commonName', value: 'web.whatsapp.com (sandbox)' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + YEARS * 365 * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'web.whatsapp.com' }] },
    ],
  });
  writeFileSync(keyFile, made.private, { mode: 0o600 });
  writeFileSync(certFile, made.cert, { mode: 0o644 });
  return { key: made.private, cert: made.cert, spki: spkiOf(made.cert) };
}

function spkiOf(cert: string): string {
  const der = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64');
}
