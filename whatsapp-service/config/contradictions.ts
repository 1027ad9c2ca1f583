import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { bareHost } from '../shared/bare-host.js';
import { HOW_TO_MAKE_A_SECRET } from './settings.js';
import type { SettingName, Settings } from './settings.js';

/**
 * Settings that are each fine and cannot stand together. A rule that is broken answers with a sentence that names
 * both and says what to write; a rule whose settings are already bad by themselves is not asked.
 */
export interface Rule {
  needs: readonly SettingName[];
  problem(settings: Settings): string | null;
}

/** `problem` is given only the settings that it names, so that `needs` can never be too short. */
function rule<Name extends SettingName>(needs: readonly Name[], problem: (settings: Pick<Settings, Name>) => string | null): Rule {
  return { needs, problem };
}

/** The pairs of which the first must not be above the second. */
const AT_MOST = [
  ['SYNC_BATCH_SIZE', 'SYNC_MAX_CHATS_IN_MEMORY', 'a batch would never be full'],
  ['SYNC_RETRY_DELAY_MS', 'SYNC_RETRY_CAP_MS', 'the first wait would be above the longest'],
  ['SEND_GAP_MIN_MS', 'SEND_GAP_MAX_MS', 'no pause could be chosen'],
  ['SESSION_RESTART_BASE_MS', 'SESSION_RESTART_CAP_MS', 'the first wait would be above the longest'],
  ['SESSION_WATCHDOG_TIMEOUT_MS', 'SESSION_START_TIMEOUT_MS', 'a page could be slower to say that it lives than it may be to start'],
] as const;

const FOLDERS = [
  ['DATA_DIR', 'SESSIONS_DIR', 'deleting a session would reach the database'],
  ['LOG_DIR', 'SESSIONS_DIR', 'a session named like a log file would overwrite it'],
] as const;

export const RULES: readonly Rule[] = [
  ...AT_MOST.map(([low, high, why]) =>
    rule([low, high], (settings) =>
      settings[low] <= settings[high] ? null : `${low} (${settings[low]}) is above ${high} (${settings[high]}): ${why}. Lower the first, or raise the second.`,
    ),
  ),

  ...FOLDERS.map(([one, other, why]) =>
    rule([one, other], (settings) =>
      resolve(settings[one]) === resolve(settings[other]) ? `${one} and ${other} are the same folder: ${why}. Give each a folder of its own.` : null,
    ),
  ),

  rule(['ENGINE', 'BACKEND_URL'], ({ ENGINE, BACKEND_URL }) =>
    ENGINE === 'webjs' && BACKEND_URL === null
      ? 'BACKEND_URL (where the Laravel application answers) is missing. Write it like https://shop.example.com, or write ENGINE=sandbox to try the bridge without a backend.'
      : null,
  ),

  rule(['ENGINE', 'BACKEND_URL', 'WEBHOOK_SECRET'], ({ ENGINE, BACKEND_URL, WEBHOOK_SECRET }) =>
    WEBHOOK_SECRET === null && (ENGINE === 'webjs' || BACKEND_URL !== null)
      ? `WEBHOOK_SECRET (signs what is sent to the backend) is missing: nothing is ever sent unsigned. ${HOW_TO_MAKE_A_SECRET}, and give the same one to Laravel.`
      : null,
  ),

  rule(['WEBHOOK_SECRET', 'WEBHOOK_PREVIOUS_SECRET'], ({ WEBHOOK_SECRET, WEBHOOK_PREVIOUS_SECRET }) => {
    if (WEBHOOK_PREVIOUS_SECRET === null) return null;
    if (WEBHOOK_SECRET === null) return 'WEBHOOK_PREVIOUS_SECRET is set and WEBHOOK_SECRET is not. Write the secret in use as WEBHOOK_SECRET.';
    return WEBHOOK_SECRET === WEBHOOK_PREVIOUS_SECRET
      ? 'WEBHOOK_PREVIOUS_SECRET is the same as WEBHOOK_SECRET: nothing was changed. Write the new secret as WEBHOOK_SECRET, or remove WEBHOOK_PREVIOUS_SECRET.'
      : null;
  }),

  rule(['BACKEND_URL', 'BACKEND_TOKEN'], ({ BACKEND_URL, BACKEND_TOKEN }) =>
    BACKEND_TOKEN !== null && BACKEND_URL === null ? 'BACKEND_TOKEN is set without BACKEND_URL: there is nobody to show it to. Write BACKEND_URL, or remove the token.' : null,
  ),

  rule(['BACKEND_TOKEN', 'WEBHOOK_SECRET'], ({ BACKEND_TOKEN, WEBHOOK_SECRET }) =>
    BACKEND_TOKEN !== null && BACKEND_TOKEN === WEBHOOK_SECRET
      ? 'BACKEND_TOKEN is the same as WEBHOOK_SECRET: the token is sent in clear, so it would give the secret away. Write two different ones.'
      : null,
  ),

  ...(['ADDRESS_TABLE', 'CONTACT_TABLE'] as const).map((table) =>
    rule([table, 'BACKEND_DB_URL'], (settings) =>
      settings[table] !== null && settings.BACKEND_DB_URL === null ? `${table} is set without BACKEND_DB_URL: there is no database to read it from. Write the database's URL, or remove the table.` : null,
    ),
  ),

  rule(['BACKEND_DB_TLS', 'BACKEND_DB_CA_FILE'], ({ BACKEND_DB_TLS, BACKEND_DB_CA_FILE }) =>
    BACKEND_DB_CA_FILE !== null && !BACKEND_DB_TLS ? 'BACKEND_DB_CA_FILE is set without BACKEND_DB_TLS: nothing is encrypted. Write BACKEND_DB_TLS=true, or remove the file.' : null,
  ),

  // The driver compares the certificate with a name alone.
  rule(['BACKEND_DB_TLS', 'BACKEND_DB_URL'], ({ BACKEND_DB_TLS, BACKEND_DB_URL }) =>
    BACKEND_DB_TLS && BACKEND_DB_URL !== null && /^(mysql|mariadb):/.test(BACKEND_DB_URL) && isIP(bareHost(new URL(BACKEND_DB_URL))) !== 0
      ? 'BACKEND_DB_TLS is set and BACKEND_DB_URL names its host by address, which a certificate is not compared with. Write the host\'s name, as the certificate has it.'
      : null,
  ),

  rule(['OPT_OUT_WORDS', 'OPT_IN_WORDS'], ({ OPT_OUT_WORDS, OPT_IN_WORDS }) => {
    const both = OPT_OUT_WORDS.find((word) => OPT_IN_WORDS.includes(word));
    return both === undefined ? null : `OPT_OUT_WORDS and OPT_IN_WORDS both have "${both}": nobody could tell what is meant. Remove it from one of them.`;
  }),

  rule(['ENGINE', 'SANDBOX_HUB_URL', 'SANDBOX_HUB_TOKEN'], ({ ENGINE, SANDBOX_HUB_URL, SANDBOX_HUB_TOKEN }) => {
    const names = [SANDBOX_HUB_URL === null ? [] : ['SANDBOX_HUB_URL'], SANDBOX_HUB_TOKEN === null ? [] : ['SANDBOX_HUB_TOKEN']].flat();
    if (ENGINE === 'webjs' && names.length > 0) {
      return `${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} set with ENGINE=webjs, which talks to the real WhatsApp. Write ENGINE=sandbox, or remove ${names.length > 1 ? 'them' : 'it'}.`;
    }
    return SANDBOX_HUB_TOKEN !== null && SANDBOX_HUB_URL === null ? 'SANDBOX_HUB_TOKEN is set without SANDBOX_HUB_URL. Write the hub\'s address too, or remove the token.' : null;
  }),
];
