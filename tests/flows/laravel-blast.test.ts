import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import type { BlastJobView, DryRun, StartedBlast } from '../../whatsapp-service/contracts/blast-api.js';
import { workspaceKey } from '../../whatsapp-service/shared/workspace.js';
import { describeWithLaravel } from '../helpers/laravel-package.js';
import { Shop } from '../helpers/laravel-shop.js';
import { until } from '../helpers/sandbox-client.js';

const phone = (number: number): string => `+62812${7_000_000 + number}`;
const jid = (number: number): string => `62812${7_000_000 + number}@c.us`;
const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

describeWithLaravel('a Laravel application that sends blasts through the package', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await Shop.open();
  });
  afterAll(() => shop.close());

  const start = (input: object): Promise<StartedBlast> => shop.does<StartedBlast>('blast', input);
  const steer = (id: string, what: string, more: object = {}): Promise<BlastJobView> => shop.does<BlastJobView>('steer', { id, do: what, ...more });
  const jobThat = (id: string, matches: (job: BlastJobView) => boolean): Promise<BlastJobView> =>
    until(async () => {
      const job = await shop.api.ok<BlastJobView>('GET', `/api/whatsapp/blast/${id}`);
      return matches(job) ? job : null;
    }, { timeoutMs: 30_000, name: `${id}: ${matches.toString()}` });
  const inState = (id: string, state: string): Promise<BlastJobView> => jobThat(id, (job) => job.state === state);

  /** What the hub has for each of these people: the texts. */
  async function textsOf(people: readonly number[]): Promise<(string | null)[][]> {
    const sent = await shop.world.hub.sent('sales');
    expect(sent.every(({ deliveries }) => deliveries === 1)).toBe(true);
    return people.map((number) => sent.filter(({ to }) => to === jid(number)).map(({ body }) => body));
  }

  function putInAddressBook(number: number): void {
    const db = new DatabaseSync(join(shop.world.dir, 'data', 'bridge.sqlite'));
    db.prepare('insert into address (workspace, phone, name, created_at, updated_at) values (?, ?, ?, 0, 0)').run(workspaceKey(7), phone(number), 'Budi');
    db.close();
  }

  test('a blast whose start was cut off twice is one, reaches each once, and leaves out the address book', async () => {
    putInAddressBook(3);
    const recipients = [phone(1), { phone: `0${phone(2).slice(3)}`, variables: { name: 'Budi' } }, phone(3), phone(1), 'nobody'];
    const dry = await shop.does<DryRun>('blast', { recipients, dry_run: true });
    expect(dry).toMatchObject({ to_send: 2, skipped_by_reason: { in_address_book: 1 }, invalid: 1, skipRecipientsInAddress: true });

    shop.proxy.cuts = 2;
    const started = await start({ name: 'once', recipients });
    expect(shop.proxy.cut).toBe(2);
    expect(started).toMatchObject({ accepted: 3, duplicates: 1, invalid: 1, job: { skipRecipientsInAddress: true } });
    const done = await inState(started.job.id, 'COMPLETED');
    expect(done.progress).toMatchObject({ total: 3, percent: 100, skipped_by_reason: { in_address_book: 1 } });
    expect(await textsOf([1, 2, 3])).toEqual([['Halo friend'], ['Halo Budi'], []]);
    const { jobs } = await shop.api.ok<{ jobs: BlastJobView[] }>('GET', '/api/whatsapp/blast/jobs');
    expect(jobs.filter(({ name }) => name === 'once')).toHaveLength(1);

    const off = await start({ recipients: [phone(3)], skipRecipientsInAddress: false });
    await inState(off.job.id, 'COMPLETED');
    expect(await textsOf([3])).toEqual([['Halo friend']]);
  });

  test('who has opted out gets nothing, also with the address book switched off', async () => {
    expect(await shop.does('optOut', { people: [phone(4)] })).toEqual({ listed: [phone(4)] });
    const { job } = await start({ recipients: [phone(4), phone(5)], skipRecipientsInAddress: false });
    expect((await inState(job.id, 'COMPLETED')).progress).toMatchObject({ skipped_by_reason: { opted_out: 1 } });
    expect(await textsOf([4, 5])).toEqual([[], ['Halo friend']]);
  });

  test('it is paused, edited, resumed and reported; each still gets one', async () => {
    const people = numbers(100, 8);
    const { job } = await start({ recipients: people.map(phone), pace: { perSecond: 1 } });
    await jobThat(job.id, ({ progress }) => progress.states.queued <= 6);
    expect((await steer(job.id, 'pause')).state).toBe('PAUSED');
    const before = (await textsOf(people)).filter(([text]) => text === 'Halo friend').length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(8);

    await steer(job.id, 'edit', { fields: { content: { type: 'text', text: 'Hai' }, pace: { per_second: 0 } } });
    expect(await textsOf(people)).toEqual(expect.arrayContaining([[]]));
    await steer(job.id, 'resume');
    await inState(job.id, 'COMPLETED');
    const texts = (await textsOf(people)).map((all) => all.join());
    expect(texts.filter((text) => text === 'Halo friend')).toHaveLength(before);
    expect(texts.filter((text) => text === 'Hai')).toHaveLength(8 - before);

    const { phones } = await shop.does<{ phones: string[] }>('steer', { id: job.id, do: 'recipients' });
    expect(phones).toEqual(people.map(phone));
    const { csv } = await shop.does<{ csv: string }>('steer', { id: job.id, do: 'report' });
    for (const person of people) expect(csv).toContain(phone(person));
  });

  test('it is stopped, and nobody else gets it', async () => {
    const people = numbers(200, 10);
    const { job } = await start({ recipients: people.map(phone), pace: { perSecond: 1 } });
    await jobThat(job.id, ({ progress }) => progress.states.queued <= 9);
    const stopped = await steer(job.id, 'stop');
    expect(stopped.state).toBe('STOPPED');
    const settled = await jobThat(job.id, ({ progress }) => progress.done === progress.total);
    const got = (await textsOf(people)).filter((all) => all.length === 1).length;
    expect(settled.progress.states.cancelled).toBe(10 - got);
    expect(got).toBeLessThan(10);
  });

  test('address book, contacts and a draft are filled from generators, in little memory', async () => {
    const count = 12_000;
    const people = { first: phone(301), second: phone(302), customer: phone(303), imported: phone(304) };
    const answer = await shop.does<{ id: string; peak: number; csv: string; tags: Record<string, number> } & Record<string, unknown>>('people', { count, ...people });
    expect(answer).toMatchObject({ book: [count, count], check: [true, false], imported: [1, 1], tags: { flow: 2 }, added: [2, 0], delivered: 5, removed: 1 });
    expect(answer.peak).toBeLessThan(4_000_000);
    expect(answer.csv).toMatch(/^\uFEFF?phone,name,tags[\s\S]*Budi/);
    // One of the draft's is in the address book.
    expect((await inState(answer.id, 'COMPLETED')).progress).toMatchObject({ total: 5, skipped_by_reason: { in_address_book: 1 } });
    expect(await textsOf([301, 302, 303, 304])).toEqual([['Halo friend'], ['Halo Joko'], ['Halo Siti'], ['Halo Budi']]);
  });

  test('a list that is longer than a request goes in pieces, and begins when all are there', async () => {
    const count = 20_000;
    const recipients = numbers(100_000, count).map((number) => ({ phone: phone(number), variables: { name: `Budi ${number}` } }));
    expect(JSON.stringify(recipients).length).toBeGreaterThan(1_024 * 1_024);
    const started = await start({ recipients, pace: { perSecond: 1 } });
    expect(started).toMatchObject({ accepted: count, duplicates: 0, invalid: 0, job: { state: 'RUNNING' } });
    expect((await steer(started.job.id, 'stop')).progress.total).toBe(count);
  });
});
