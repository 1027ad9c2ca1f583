import http from 'node:http';
import axios from 'axios';
import pLimit from 'p-limit';
import { serve } from './worker-calls.js';

/** Requests that are under way at once. */
const CALLERS = 8;

export interface CallersJob {
  url: string;
  key: string;
  texts: readonly { session_id: string; to: string; text: string }[];
}

/** Who calls the API are other programs: what a call costs them must not count as ours. */
serve({
  async post({ url, key, texts }: CallersJob): Promise<void> {
    const caller = axios.create({ baseURL: url, headers: { 'X-Api-Key': key }, httpAgent: new http.Agent({ keepAlive: true }), proxy: false });
    const limit = pLimit(CALLERS);
    await Promise.all(texts.map((text) => limit(() => caller.post('/api/messages', text))));
  },
});
