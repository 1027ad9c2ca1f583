import { join } from 'node:path';
import { rowsIn } from '../helpers/flow.js';
import { LaravelApp } from '../helpers/laravel-app.js';
import { BENCH_SECRET } from './stage.js';

/** Requests that are answered at once; the sync has five under way. */
const WORKERS = 5;

export interface OnLaravel<T> {
  result: T;
  /** Batches that the application has queued. */
  batches: number;
}

/**
 * The Laravel application with the package, as in production: signatures verified, payloads validated, each delivery once, the batch on its
 * queue. A new one for each run, because a delivery that it knows costs it less.
 */
export async function onLaravel<T>(work: (url: string) => Promise<T>): Promise<OnLaravel<T>> {
  const app = await LaravelApp.open({ WHATSAPP_SECRET: BENCH_SECRET, WHATSAPP_SYNC_PER_MINUTE: '1000000' });
  try {
    await app.optimize();
    const result = await work(await app.serve(WORKERS));
    const batches = rowsIn(join(app.storage, 'database.sqlite'), "select 1 from whatsapp_deliveries where event = 'chats.sync'").length;
    return { result, batches };
  } finally {
    await app.close();
  }
}
