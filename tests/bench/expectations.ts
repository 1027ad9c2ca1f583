import type { BenchResult, BlastPart, DurablePart, Expectation, InboundPart, IntakePart, MemoryPart, SendPart, SyncSize } from './results.js';

/** The size that the expectations of the sync are about. */
const EXPECTED_SIZE = 20_000;

/** What the project promises of its speed, and whether it held this time. Nothing fails when it did not: a busy machine is no defect. */
export function judge({ sync, inbound, durable, send, blast, memory, intake }: Omit<BenchResult, 'conditions' | 'expectations'>): Expectation[] {
  const size = sync.find((one) => one.size === EXPECTED_SIZE);
  return [
    ...(size ? judgeSync(size) : []),
    ...(inbound ? judgeInbound(inbound) : []),
    ...(durable ? judgeDurable(durable) : []),
    ...(send ? judgeSend(send) : []),
    ...(blast ? judgeBlast(blast) : []),
    ...(memory ? judgeMemory(memory) : []),
    ...(intake ? judgeIntake(intake) : []),
  ];
}

function judgeIntake({ sizes }: IntakePart): Expectation[] {
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (!first || !last) return [];
  return [
    { text: 'recipients accepted and filtered ≥ 50,000 a second', value: sizes.map(({ perSecond }) => perSecond.toLocaleString('en')).join(', '), met: sizes.every(({ perSecond, complete }) => complete && perSecond >= 50_000) },
    { text: 'cost of a recipient does not grow with the list (≤ 1.2×)', value: `${(last.microsecondsEach / first.microsecondsEach).toFixed(2)}×`, met: last.microsecondsEach <= 1.2 * first.microsecondsEach },
    { text: `growth at ${last.size.toLocaleString('en')} recipients < 100 MB`, value: `${last.growthMb} MB`, met: last.growthMb < 100 },
  ];
}

function judgeSync({ size, ratios, ours, slowBackend, laravel }: SyncSize): Expectation[] {
  const at = `at ${size.toLocaleString('en')} chats`;
  const atMost = (what: string, value: number | null, limit: number): Expectation => ({
    text: `growth of ${what} ${at} ≤ ${limit} MB`, value: value === null ? 'not measured' : `${value} MB`, met: value !== null && value <= limit,
  });
  return [
    { text: `enumeration ${at} ≥ 15× getChats()`, value: `${ratios.enumeration}×`, met: ratios.enumeration >= 15 },
    atMost('node, enumeration', ours.enumerationGrowth.node, 25),
    atMost('node, whole sync', ours.growth.node, 25),
    atMost('the page, enumeration', ours.enumerationGrowth.browser, 20),
    atMost('the page, whole sync', ours.growth.browser, 20),
    { text: `whole sync ${at} ≤ 1.5× signing and posting ready-made bodies, backend answers at once`, value: `${ratios.overFloor}×`, met: ratios.overFloor <= 1.5 },
    { text: `the same, backend answers after ${slowBackend.answerMs} ms`, value: `${slowBackend.overFloor}×`, met: slowBackend.overFloor <= 1.5 },
    { text: 'the same, to a Laravel application', value: laravel ? `${laravel.overFloor}×` : 'not measured', met: laravel !== null && laravel.overFloor <= 1.5 },
  ];
}

function judgeInbound({ quiet, loaded }: InboundPart): Expectation[] {
  return [
    ...quiet.map(({ kind, ratios }) => ({
      text: `page → committed (${kind}) ≥ 8× the plain way's message event and post`, value: `${ratios.committedOverPosted}×`, met: ratios.committedOverPosted >= 8,
    })),
    {
      text: `nothing lost in ${loaded.ours.bursts} bursts under load`,
      value: `${loaded.ours.lost} not committed, ${loaded.ours.undelivered} not delivered, of ${loaded.ours.sent.toLocaleString('en')}`,
      met: loaded.ours.lost === 0 && loaded.ours.undelivered === 0,
    },
  ];
}

function judgeDurable({ loads }: DurablePart): Expectation[] {
  return loads.flatMap(({ name, kind, ours, ratios }) => {
    const atLeast = (what: string, value: number, limit: number): Expectation => ({ text: `${name}: ${what} ≥ ${limit}× the plain way`, value: `${value}×`, met: value >= limit });
    if (kind === 'steady') return [atLeast('p99 better', ratios.p99, 2), atLeast('CPU less', ratios.cpu, 3)];
    return [atLeast('delivered messages/s', ratios.perSecond, 3), { text: `${name}: node under 200 MB`, value: ours.peakMb === null ? 'not measured' : `${ours.peakMb} MB`, met: ours.peakMb !== null && ours.peakMb < 200 }];
  });
}

function judgeMemory({ ratios }: MemoryPart): Expectation[] {
  const met = ratios !== null && ratios.further <= 0.5;
  return [{ text: "each further session ≤ 0.5× the memory of the library's defaults", value: ratios === null ? 'not measured' : `${ratios.further}×`, met }];
}

function judgeSend({ ratios, documentMb, answerMs }: SendPart): Expectation[] {
  return [
    { text: 'texts delivered ≥ 1.2× sendMessage() one after the other', value: `${ratios.delivered}×`, met: ratios.delivered >= 1.2 },
    { text: `the same where WhatsApp answers after ${answerMs} ms and each is told in four webhooks`, value: `${ratios.far}×`, met: ratios.far >= 1.2 },
    { text: `a document of ${documentMb} MB ≥ 10× faster than base64`, value: `${ratios.document}×`, met: ratios.document >= 10 },
  ];
}

function judgeBlast({ sizes }: BlastPart): Expectation[] {
  return sizes.flatMap(({ recipients, overPlain, overSmallest }, index) => {
    const of = `a blast to ${recipients.toLocaleString('en')}`;
    const grows = { text: `${of}: ≤ 1.2× the smallest blast for each message`, value: `${overSmallest}×`, met: overSmallest <= 1.2 };
    return [{ text: `${of}: ≤ 1.2× a loop over sendMessage() for each message`, value: `${overPlain}×`, met: overPlain <= 1.2 }, ...(index > 0 ? [grows] : [])];
  });
}
