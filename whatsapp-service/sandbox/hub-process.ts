import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ControlServer } from './hub/control-server.js';
import { SandboxHub } from './sandbox-hub.js';

/**
 * A hub in a process of its own, so that the service that uses it can be killed while the simulated WhatsApp lives on:
 * `tsx whatsapp-service/sandbox/hub-process.ts --data-dir DIR [--port N] [--control-port N] [--token T] [--until-stdin-ends]`.
 * Prints one JSON line, `{control_url, page_port, spki, token}`, once it listens.
 */
const { values } = parseArgs({
  options: {
    'data-dir': { type: 'string' },
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    token: { type: 'string' },
    'until-stdin-ends': { type: 'boolean', default: false },
  },
});
if (!values['data-dir']) throw new Error('--data-dir is missing');

const hub = await SandboxHub.open({ dataDir: values['data-dir'], port: Number(values.port) });
const token = values.token ?? randomBytes(24).toString('base64url');
const address = { page_port: hub.pagePort, spki: hub.spki, page_key: hub.pageKey };
const controls = new ControlServer({ hub, address, token });
const url = await controls.listen(Number(values['control-port']));

let stopping = false;
const stop = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  await controls.close();
  await hub.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
if (values['until-stdin-ends']) process.stdin.on('end', () => void stop()).resume();

process.stdout.write(`${JSON.stringify({ control_url: url, page_port: hub.pagePort, spki: hub.spki, token })}\n`);
