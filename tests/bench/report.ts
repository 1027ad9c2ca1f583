import type { BenchResult, DurableLoad, DurablePart, Growth, InboundKind, InboundPart, IntakePart, MemoryPart, BlastPart, SendPart, Stage, SyncSize } from './results.js';

/** The result as people read it. */
export function render(result: BenchResult): string {
  const { conditions: c } = result;
  const parts = [
    `${c.node}, ${c.browser}, ${c.cores} × ${c.cpu}, ${c.memoryGb} GB, load before ${c.loadBefore}; medians of ${c.runs}`,
    ...(result.sync.length > 0 ? ['', `Chat sync (${c.chats})`, table(SYNC_HEAD, result.sync.flatMap(syncRows))] : []),
    ...(result.inbound ? inboundParts(result.inbound) : []),
    ...(result.durable ? durableParts(result.durable) : []),
    ...(result.send ? sendParts(result.send) : []),
    ...(result.blast ? blastParts(result.blast) : []),
    ...(result.memory ? memoryParts(result.memory) : []),
    ...(result.intake ? intakeParts(result.intake) : []),
    '',
    ...result.expectations.map(({ text, value, met }) => `expected ${text}: ${met ? 'met' : 'not met'} (${value})`),
  ];
  return parts.join('\n');
}

const SYNC_HEAD = ['chats', 'way', 'enumerate', 'first chat', 'last chat', 'whole', 'node +MB', 'page +MB', 'complete'];

function syncRows({ size, plain, ours, floor, slowBackend, laravel, ratios }: SyncSize): string[][] {
  const complete = ({ expected, distinct }: { expected: number; distinct: number }): string => `${distinct}/${expected}`;
  return [
    [String(size), 'plain', ms(plain.enumerationMs), ms(plain.firstChatMs), ms(plain.lastChatMs), ms(plain.totalMs), ...growth(plain.growth), complete(plain.chats)],
    ['', 'ours', ms(ours.enumerationMs), ms(ours.firstChatMs), ms(ours.lastChatMs), ms(ours.totalMs), ...growth(ours.growth), complete(ours.chats)],
    ['', '  chats only', '', `(${ms(ours.firstSliceMs)})`, '', '', ...growth(ours.enumerationGrowth), ''],
    ['', 'plain ÷ ours', `${ratios.enumeration}×`, `${ratios.firstChat}×`, `${ratios.lastChat}×`, '', '', '', ''],
    ['', 'posts alone', '', '', '', ms(floor.totalMs), '', '', `ours ${ratios.overFloor}×`],
    ['', '  signed before', '', '', '', ms(floor.signedBeforeMs), '', '', `ours ${ratios.overSignedBefore}×`],
    ['', `ours, backend ${slowBackend.answerMs} ms`, '', '', '', ms(slowBackend.oursMs), '', '', ''],
    ['', '  posts alone', '', '', '', ms(slowBackend.floorMs), '', '', `ours ${slowBackend.overFloor}×`],
    ['', 'ours, to Laravel', '', '', '', laravel ? ms(laravel.oursMs) : 'no Laravel', '', '', laravel ? `${laravel.batches} batches` : ''],
    ...(laravel ? [['', '  posts alone', '', '', '', ms(laravel.floorMs), '', '', `ours ${laravel.overFloor}×`]] : []),
  ];
}

const ms = (value: number): string => `${Math.round(value).toLocaleString('en')} ms`;
const tenths = (value: number): string => `${value.toFixed(1)} ms`;
const growth = ({ node, browser }: Growth): string[] => [node, browser].map((value) => (value === null ? '?' : String(value)));

const INBOUND_HEAD = ['senders', 'way', 'messages/s', 'p50', 'p99', 'lost', 'ratio'];

function inboundParts({ messages, chats, quiet, loaded }: InboundPart): string[] {
  const { ours, plain, burners } = loaded;
  return [
    '',
    `Inbound, bursts of ${messages} over ${chats} chats, from the page on`,
    table(INBOUND_HEAD, quiet.flatMap(inboundRows)),
    '',
    `Inbound while ${burners} processes keep the processor busy`,
    table(['way', 'bursts', 'sent', 'lost', 'not at the backend', 'messages/s', 'lost by burst'], [
      ['plain, WebSocket', String(plain.bursts), String(plain.sent), String(plain.lost), String(plain.undelivered), String(plain.perSecond), plain.lostByBurst.join(' ')],
      ['ours', String(ours.bursts), String(ours.sent), String(ours.lost), String(ours.undelivered), String(ours.perSecond), ours.lostByBurst.join(' ')],
    ]),
  ];
}

function inboundRows({ kind, plain, ours, ratios }: InboundKind): string[][] {
  const row = (senders: string, way: string, stage: Stage, ratio: string): string[] => [
    senders, way, String(stage.perSecond), ms(stage.p50), ms(stage.p99), `${stage.lost}/${stage.sent}`, ratio,
  ];
  return [
    row(kind, 'plain → only counted', plain.counted, ''),
    row('', 'plain → posted', plain.posted, ''),
    row('', 'ours → committed', ours.committed, `${ratios.committedOverPosted}× posted, ${ratios.committedOverCounted}× counted`),
    row('', 'ours → delivered, signed', ours.delivered, `${ratios.deliveredOverPosted}× posted`),
  ];
}

const DURABLE_HEAD = ['load', 'way', 'messages/s', 'p50', 'p99', 'CPU', 'node peak', 'lost'];

function durableParts({ loads }: DurablePart): string[] {
  return ['', 'Inbound from the page to the backend: ours signed, in order and on disk; plain one unsigned post for each event of the library', table(DURABLE_HEAD, loads.flatMap(durableRows))];
}

function durableRows({ name, plain, ours, ratios, messages }: DurableLoad): string[][] {
  const row = (load: string, way: string, { perSecond, p50, p99, cpuMs, peakMb, lost }: DurableLoad['ours']): string[] => [
    load, way, String(perSecond), ms(p50), ms(p99), ms(cpuMs), peakMb === null ? '?' : `${peakMb} MB`, `${lost}/${messages}`,
  ];
  return [row(name, 'plain', plain), row('', 'ours', ours), ['', 'ours better by', `${ratios.perSecond}×`, `${ratios.p50}×`, `${ratios.p99}×`, `${ratios.cpu}×`, '', '']];
}

function memoryParts({ plain, ours, ratios }: MemoryPart): string[] {
  const counts = Object.keys(ours.bySessions);
  const row = (way: string, { browser, bySessions, further }: MemoryPart['ours']): string[] => [way, browser, ...counts.map((count) => `${bySessions[Number(count)]} MB`), `${further} MB`];
  return [
    '',
    'Memory of idle sessions with 200 chats each, node and browsers',
    table(['way', 'browser', ...counts, 'each further'], [...(plain ? [row('plain', plain)] : []), row('ours', ours), ...(ratios ? [['ours ÷ plain', '', `${ratios.first}×`, ...counts.slice(1).map(() => ''), `${ratios.further}×`]] : [])]),
  ];
}

function blastParts({ messages, plainMs, sizes }: BlastPart): string[] {
  return [
    '',
    `Blasts, their first ${messages} messages`,
    table(['way', 'recipients', 'accepted/s', 'each message', '÷ plain', '÷ smallest', 'with webhooks', '÷ plain'], [
      ['plain loop', String(messages), '', tenths(plainMs), '', '', '', ''],
      ...sizes.map((size) => ['ours', size.recipients.toLocaleString('en'), String(size.acceptedPerSecond), tenths(size.ms), `${size.overPlain}×`, `${size.overSmallest}×`, tenths(size.toldMs), `${size.toldOverPlain}×`]),
    ]),
  ];
}

function sendParts({ messages, documentMb, plain, ours, told, answerMs, far, ratios }: SendPart): string[] {
  return [
    '',
    `Sending, ${messages} texts and documents of ${documentMb} MB, to WhatsApp's having them`,
    table(['way', '', 'accepted/s', 'then delivered/s', 'ratio', 'together/s', 'document', 'ratio'], [
      ['plain, one after the other', '', '', String(plain.deliveredPerSecond), '', '', ms(plain.documentMs), ''],
      ['ours, over HTTP', '', String(ours.acceptedPerSecond), String(ours.deliveredPerSecond), `${ratios.delivered}×`, String(ours.togetherPerSecond), '', ''],
      ['  and each told in four webhooks', '', String(told.acceptedPerSecond), String(told.deliveredPerSecond), `${ratios.told}×`, String(told.togetherPerSecond), ms(told.documentMs), `${ratios.document}×`],
      [`WhatsApp answers after ${answerMs} ms`, '', '', '', '', '', '', ''],
      ['  plain, each waited for', '', '', '', '', String(far.plainPerSecond), '', ''],
      ['  ours, with the webhooks', '', '', '', `${ratios.far}×`, String(far.oursPerSecond), '', ''],
    ]),
  ];
}

function intakeParts({ known, sizes }: IntakePart): string[] {
  return [
    '',
    `Recipients of a blast from a stream to the disk, ${known * 100} % of them in the address book`,
    table(['recipients', '', 'a second', 'µs each', 'node +MB', 'complete'], sizes.map((one) => [one.size.toLocaleString('en'), '', one.perSecond.toLocaleString('en'), String(one.microsecondsEach), String(one.growthMb), one.complete ? 'yes' : 'NO'])),
  ];
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const all = [[...head], ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const lines = all.map((row) => `  ${row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`.trimEnd());
  lines.splice(1, 0, `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`);
  return lines.join('\n');
}
