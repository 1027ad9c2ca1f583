import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The page's scripts, in the order in which they need one another. */
const SCRIPTS = [
  'emitter.js', 'lid.js', 'wid.js', 'msg-key.js', 'hub-link.js', 'device.js', 'message-model.js', 'chat-model.js', 'contact-model.js', 'collections.js',
  'connection.js', 'inbound.js', 'sending.js', 'unsent.js', 'media.js', 'modules-session.js', 'modules-messages.js', 'modules-chats.js', 'modules-media.js', 'modules-contacts.js', 'modules-groups.js', 'start.js',
];

/** The page lies beside this file in the source tree; a compiled copy of this file finds it there too. */
function pageDir(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const places = [join(here, '../page'), join(here, '../../../whatsapp-service/sandbox/page')];
  const found = places.find((place) => existsSync(join(place, 'index.html')));
  if (found === undefined) throw new Error(`The sandbox's page is missing: looked in ${places.join(' and ')}`);
  return found;
}

/** The whole simulated WhatsApp Web page as one HTML document. */
export function pageHtml(): string {
  const dir = pageDir();
  const scripts = SCRIPTS.map((name) => `<script>\n// ${name}\n${readFileSync(join(dir, name), 'utf8').replaceAll('</script', '<\\/script')}</script>`).join('\n');
  return readFileSync(join(dir, 'index.html'), 'utf8').replace('<!-- scripts -->', () => scripts);
}
