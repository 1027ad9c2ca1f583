import type { AccountStore } from './account-store.js';
import type { ChatMarks } from './chat-marks.js';
import type { ChatStore } from './chat-store.js';
import type { Mailbox } from './mailbox.js';
import type { MediaStore } from './media-store.js';
import type { MessageStore } from './message-store.js';
import type { PageServer } from './page-server.js';

/** The parts of a hub that its controls work on. */
export interface HubParts {
  accounts: AccountStore;
  chats: ChatStore;
  messages: MessageStore;
  mailbox: Mailbox;
  media: MediaStore;
  marks: ChatMarks;
  server: PageServer;
}
