/**
 * Which events an endpoint hears: names, `*` for all, and `message.*` for `message` and everything below it.
 * Shared by the API, which checks patterns, and the outbox, which applies them.
 */
export function eventMatcher(patterns: readonly string[]): (event: string) => boolean {
  const names = new Set(patterns);
  if (names.has('*')) return () => true;
  const prefixes = patterns.flatMap((pattern) => (pattern.endsWith('.*') ? pattern.slice(0, -2) : []));
  return (event) => names.has(event) || prefixes.some((prefix) => event === prefix || event.startsWith(`${prefix}.`));
}
