import { DateTime } from 'luxon';
import type { BlastPace } from '../../contracts/blast-api.js';

/** When a blast may send. Pure: milliseconds since the epoch in, milliseconds out. */

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** The local time `time` of the day of `day`; where the clock skips it, the moment after. */
const at = (day: DateTime, time: string): DateTime => day.set({ hour: Number(time.slice(0, 2)), minute: Number(time.slice(3)), second: 0, millisecond: 0 });

/** Until the quiet hours are over; 0 outside of them. They may go over midnight, and the zone may change its clocks. */
export function quietWait({ quiet_hours: quiet, time_zone: zone }: Pick<BlastPace, 'quiet_hours' | 'time_zone'>, now: number): number {
  if (!quiet) return 0;
  const local = DateTime.fromMillis(now, { zone });
  const minute = local.hour * 60 + local.minute;
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)];
  const overMidnight = from > to;
  const isQuiet = overMidnight ? minute >= from || minute < to : minute >= from && minute < to;
  if (!isQuiet) return 0;
  const end = at(overMidnight && minute >= from ? local.plus({ days: 1 }) : local, quiet.to);
  return Math.max(1, end.toMillis() - now);
}

/** A moment's day in a zone, and when the next one begins. */
export function dayOf(now: number, zone: string): { day: string; nextAt: number } {
  const local = DateTime.fromMillis(now, { zone });
  return { day: local.toISODate() ?? '', nextAt: local.plus({ days: 1 }).startOf('day').toMillis() };
}

/** How many messages a session may send on this day of its life; null: the warm-up is over, or there is none. */
export function warmUpLimit({ warm_up: warmUp, time_zone: zone }: Pick<BlastPace, 'warm_up' | 'time_zone'>, sessionSince: number, now: number): number | null {
  if (!warmUp) return null;
  const first = DateTime.fromMillis(sessionSince, { zone }).startOf('day');
  const age = Math.max(0, Math.round(DateTime.fromMillis(now, { zone }).startOf('day').diff(first, 'days').days));
  return age >= warmUp.days ? null : Math.floor(warmUp.first_day * warmUp.growth ** age);
}

/** A pause between two messages, at random. */
export const gapOf = ({ gap_min_ms: min, gap_max_ms: max }: Pick<BlastPace, 'gap_min_ms' | 'gap_max_ms'>, random: () => number): number => {
  const longest = Math.max(min, max);
  return longest === 0 ? 0 : min + Math.round(random() * (longest - min));
};

/** When a schedule's local time is; null: there is no such time. */
export function scheduledAt({ at: time, time_zone: zone }: { at: string; time_zone: string }): number | null {
  const moment = DateTime.fromISO(time.replace(' ', 'T'), { zone, setZone: false });
  return moment.isValid ? moment.toMillis() : null;
}
