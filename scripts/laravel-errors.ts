import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ERRORS, type ErrorCode } from '../whatsapp-service/contracts/errors.js';

/**
 * Writes the error catalogue as the PHP classes of the Laravel package (`npm run laravel:errors`). A test fails while the
 * two differ.
 */
const DIRECTORY = 'laravel/src/Exceptions';
const NAMESPACE = 'WhatsAppBridge\\Exceptions';
const HEAD = `<?php

declare(strict_types=1);

namespace ${NAMESPACE};

// Written by \`npm run laravel:errors\` from whatsapp-service/contracts/errors.ts. Do not edit it here.
`;

const FAMILIES: Readonly<Record<number, string>> = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 409: 'Conflict', 429: 'RateLimited', 503: 'Unavailable' };

const studly = (code: string): string => code.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
const familyOf = (status: number): string => FAMILIES[status] ?? (status >= 500 ? 'BridgeFailed' : 'InvalidRequest');

/** File → text. */
export function laravelErrorFiles(): Record<string, string> {
  const entries = (Object.keys(ERRORS) as ErrorCode[]).map((code) => ({ code, name: studly(code), family: familyOf(ERRORS[code].status), ...ERRORS[code] }));

  const cases = entries.map(({ code, name, status, message }) => `    /** ${status}: ${message} */\n    case ${name} = '${code}';`).join('\n\n');
  const classes = entries.map(({ name }) => `            self::${name} => ${name}Exception::class,`).join('\n');
  const statuses = [...new Set(entries.map(({ status }) => status))].sort((a, b) => a - b);
  const byStatus = statuses.map((status) => `            ${entries.filter((entry) => entry.status === status).map(({ name }) => `self::${name}`).join(', ')} => ${status},`).join('\n');
  const codes = `${HEAD}
/** Every code that the bridge can answer with. */
enum ErrorCode: string
{
${cases}

    /** @return class-string<WhatsAppApiException> */
    public function exception(): string
    {
        return match ($this) {
${classes}
        };
    }

    /** The HTTP status that it comes with. */
    public function status(): int
    {
        return match ($this) {
${byStatus}
        };
    }
}
`;

  // A code that is its family's own, such as \`not_found\`, is thrown as the family.
  const own = entries.filter(({ name, family }) => name !== family);
  const exceptions = `${HEAD}
${own.map(({ name, family, status, message }) => `/** ${status}: ${message} */\nclass ${name}Exception extends ${family}Exception\n{\n}`).join('\n\n')}
`;
  return { [`${DIRECTORY}/ErrorCode.php`]: codes, [`${DIRECTORY}/api-exceptions.php`]: exceptions };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [file, text] of Object.entries(laravelErrorFiles())) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
