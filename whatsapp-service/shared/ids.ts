import { randomBytes, randomUUID } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The caller's own name for a session: `[A-Za-z0-9_-]{1,64}`. */
export type SessionId = Branded<'SessionId'>;
/** A WhatsApp chat's JID: `6281…@c.us`, `…@lid` or `…@g.us`. */
export type ChatId = Branded<'ChatId'>;
/** Our id of an outbound message. */
export type MessageId = Branded<'MessageId'>;
/** Our id of a stored file. */
export type MediaId = Branded<'MediaId'>;
/** Our id of a blast. */
export type BlastId = Branded<'BlastId'>;
/** The `webhook-id` of one delivery; the same on each of its attempts. */
export type DeliveryId = Branded<'DeliveryId'>;

export const SESSION_ID = /^[A-Za-z0-9_-]{1,64}$/;

export const asSessionId = (value: string): SessionId => value as SessionId;
export const asChatId = (value: string): ChatId => value as ChatId;
export const asMessageId = (value: string): MessageId => value as MessageId;

const prefixed = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '')}`;

export const newMessageId = (): MessageId => prefixed('msg') as MessageId;
export const newMediaId = (): MediaId => prefixed('med') as MediaId;
export const newBlastId = (): BlastId => prefixed('bls') as BlastId;
export const newDeliveryId = (): DeliveryId => prefixed('dlv') as DeliveryId;
export const newEventId = (): string => prefixed('evt');
export const newEndpointId = (): string => prefixed('whk');
export const newRedeliveryId = (): string => prefixed('rdl');
export const newSyncId = (): string => prefixed('syn');
export const newUploadId = (): string => prefixed('upl');
export const newRequestId = (): string => prefixed('req');
export const newKeyId = (): string => prefixed('key');

/**
 * A WhatsApp message id in the form that WhatsApp Web makes: `3EB0` and 18 upper-case hex digits.
 * It is chosen here, before the send, so that a crash never leaves us without the name of what was under way.
 */
export const newWhatsAppKey = (): string => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
