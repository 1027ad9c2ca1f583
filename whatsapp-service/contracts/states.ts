import { z } from 'zod';

/** Session states, in WAHA's words. */
export const SESSION_STATES = ['STOPPED', 'STARTING', 'SCAN_QR_CODE', 'WORKING', 'FAILED'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/**
 * Why a session is in its state: a code for programs, a sentence for people.
 * `retry` says whether the bridge tries again by itself.
 */
export const SESSION_REASONS = {
  created: { retry: false, message: 'The session was created and has not been started. Start it with POST /api/sessions/{id}/start.' },
  imported: { retry: false, message: 'The session came from a backup and is paired already. Start it with POST /api/sessions/{id}/start.' },
  stopped_by_request: { retry: false, message: 'The session was stopped on request. Start it again when it is wanted.' },
  service_stopped: { retry: true, message: 'The service was stopped; the session comes back when it starts.' },
  session_limit: { retry: false, message: 'As many sessions run as SESSION_MAX_RUNNING allows. Stop another one or raise the setting, then start this session.' },
  qr_not_scanned: { retry: false, message: 'Nobody scanned the QR in time. Start the session again when the phone is at hand.' },
  launching: { retry: false, message: 'The browser is being started.' },
  restoring: { retry: false, message: 'The session is being restored from its profile.' },
  restarting: { retry: false, message: 'The session is being restarted.' },
  authenticated: { retry: false, message: 'The phone accepted the pairing; WhatsApp is loading.' },
  waiting_for_scan: { retry: false, message: 'Scan the QR with the phone: WhatsApp, Settings, Linked devices, Link a device.' },
  waiting_for_code: { retry: false, message: 'Type the pairing code on the phone: WhatsApp, Settings, Linked devices, Link with phone number instead.' },
  ready: { retry: false, message: 'The session is connected and working.' },
  page_changed: { retry: false, message: 'The session works, but WhatsApp Web has changed: the features in `features_off` do not work. Look for a new version of the bridge.' },
  connection_lost: { retry: true, message: 'WhatsApp cannot be reached from the page. It reconnects by itself; check the network if it lasts.' },
  connection_stuck: { retry: true, message: 'The page could not reach WhatsApp for too long. It is being started again; check the network, and the proxy of the session.' },
  taking_over: { retry: true, message: 'WhatsApp Web was opened elsewhere with the same link. It is being taken back, as SESSION_ON_CONFLICT says.' },
  browser_not_found: { retry: false, message: 'No browser was found. Run `npm run setup`, or set BROWSER_PATH to a Chromium or Chrome.' },
  browser_failed: { retry: true, message: 'The browser could not be started. The log has its own words; the start is tried again.' },
  profile_refused: { retry: false, message: 'The folder of the session\'s browser profile cannot be used. The detail has the cause: mend its owner or its permissions below SESSIONS_DIR, then start the session.' },
  proxy_failed: { retry: true, message: 'The proxy of the session could not be reached, or did not let it in. The start is tried again; PATCH /api/sessions/{id} changes the proxy.' },
  whatsapp_unreachable: { retry: true, message: 'WhatsApp Web could not be reached. The start is tried again; check the network, the name server and the firewall.' },
  start_timeout: { retry: true, message: 'The page was not ready before the deadline. The start is tried again.' },
  page_crashed: { retry: true, message: 'The page crashed. It is being started again.' },
  page_hung: { retry: true, message: 'The page did not answer. It is being started again.' },
  browser_gone: { retry: true, message: 'The browser ended unexpectedly. It is being started again.' },
  page_error: { retry: true, message: 'The page or the library failed. The page is being started again; the log has the cause.' },
  page_incompatible: { retry: true, message: 'WhatsApp Web has changed and cannot be used any more. It is tried again; look for a new version of the bridge.' },
  memory_limit: { retry: true, message: 'The browser took more memory than SESSION_MEMORY_LIMIT_MB allows. It is being started again.' },
  logged_out: { retry: false, message: 'The phone unlinked this device, or the session was logged out. Start it and scan the QR again.' },
  conflict: { retry: false, message: 'WhatsApp Web was opened elsewhere with the same link. Close it there, then start this session.' },
  banned: { retry: false, message: 'WhatsApp refuses this number. Open WhatsApp on the phone and follow what it says.' },
  auth_failure: { retry: false, message: 'WhatsApp did not accept the stored pairing. Log out and scan the QR again.' },
} as const satisfies Record<string, { retry: boolean; message: string }>;
export type SessionReason = keyof typeof SESSION_REASONS;

/** States of an outbound message; they only move to the right, or end in one of the last three. */
export const MESSAGE_STATES = ['queued', 'sending', 'sent', 'delivered', 'read', 'played', 'failed', 'unknown', 'cancelled'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** Why an outbound message failed, or cannot be known. */
export const MESSAGE_REASONS = {
  number_not_on_whatsapp: 'This number has no WhatsApp account.',
  chat_not_found: 'WhatsApp knows no such chat for this account.',
  message_not_found: 'WhatsApp does not know the message that this one is about.',
  message_not_editable: 'WhatsApp does not let this message be changed: it is not ours, or too old.',
  media_missing: 'The file of this message is no longer there. Send it again with its file.',
  expired: 'The session did not work in time; the message became too old to send.',
  cancelled_by_request: 'The message was cancelled on request before it went out.',
  send_failed: 'WhatsApp refused the message on every attempt.',
  outcome_unknown: 'The message may or may not have gone out, and WhatsApp could not be asked. Look at the chat on the phone before you send it again.',
} as const;
export type MessageReason = keyof typeof MESSAGE_REASONS;

/** WhatsApp's acknowledgement levels. */
export const ACKS = { '-1': 'ERROR', 0: 'PENDING', 1: 'SERVER', 2: 'DEVICE', 3: 'READ', 4: 'PLAYED' } as const;
export type AckLevel = -1 | 0 | 1 | 2 | 3 | 4;
export type AckName = (typeof ACKS)[AckLevel];

export const ackName = (level: AckLevel): AckName => ACKS[level];

/** `queued` waits for a working session; `interrupted` waits for it to come back; `blocked` waits for the backend to accept us again. */
export const SYNC_STATES = ['queued', 'running', 'interrupted', 'blocked', 'completed', 'failed'] as const;
export type SyncState = (typeof SYNC_STATES)[number];

export const zSessionState = z.enum(SESSION_STATES);
export const zMessageState = z.enum(MESSAGE_STATES);
export const zSyncState = z.enum(SYNC_STATES);
export const zAckName = z.enum(['ERROR', 'PENDING', 'SERVER', 'DEVICE', 'READ', 'PLAYED']);
