import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';

/** WhatsApp Web's modules by their names. */
export type Modules = Record<string, unknown>;
type Answer = { ok: unknown } | { error: { code: string; message: string } };
interface PageBridge {
  /** What a call answers, read as node reads it. */
  (name: string, args?: unknown): Promise<Answer>;
  /** What leaves the page. */
  text(name: string, args?: unknown): Promise<string>;
}

const PAGE = join(import.meta.dirname, '../../whatsapp-service/whatsapp/web/page');

/** An id as WhatsApp Web has it. */
export const wid = (id: string) => ({ _serialized: id, user: id.split('@')[0], server: id.split('@')[1], toString: () => id });

/** The page bridge in a world of the few modules that a test names. */
export function bridgeWith(modules: Modules): PageBridge {
  const all: Modules = {
    WAWebWidFactory: { createWid: wid },
    WAWebUserPrefsMeUser: { getMaybeMePnUser: () => wid('628111@c.us'), getMaybeMeLidUser: () => undefined },
    ...modules,
  };
  const window = {
    require: (name: string) => {
      if (name in all) return all[name];
      throw new Error(`Requiring unknown module "${name}"`);
    },
  };
  const context = createContext({ window, setTimeout, clearTimeout, Math, Date });
  const source = ['core', 'events', 'chats', 'directory', 'groups'].map((part) => readFileSync(join(PAGE, `${part}.js`), 'utf8')).join('\n');
  runInContext(`(() => {\n${source}\n})();`, context);
  const { call: text } = (window as unknown as { __waBridge: { call(name: string, args: unknown): Promise<string> } }).__waBridge;
  return Object.assign(async (name: string, args: unknown = {}) => JSON.parse(await text(name, args)) as Answer, { text });
}
