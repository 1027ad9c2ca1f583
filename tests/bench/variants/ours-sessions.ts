import { until } from '../../helpers/sandbox-client.js';
import type { Job, Variant } from '../variant.js';
import { allChatsLoaded, benchHub, workingService, type Service } from './service.js';

/** Several sessions of one service, with its defaults. */
let service: Service | null = null;

export const variant: Variant = {
  async prepare(job: Job): Promise<void> {
    const { api } = (service = await workingService(job));
    const hub = await benchHub(job);
    for (const [index, phone] of (job.morePhones ?? []).entries()) {
      const session = `${job.session}-${index + 1}`;
      await api.ok('POST', '/api/sessions', { id: session, workspace_id: 7 });
      await api.inState(session, 'SCAN_QR_CODE');
      await until(() => hub.scanQr(session, { phone }).then(() => true, () => false), { name: 'the QR is scanned' });
      await api.inState(session, 'WORKING');
      await allChatsLoaded(hub, { ...job, session });
    }
  },
  run: () => Promise.resolve(),
  async close(): Promise<void> {
    await service?.app.stop();
  },
};
