import { lookup as systemLookup } from 'node:dns';
import type { Agent as HttpAgent, AgentOptions } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { bareHost } from './bare-host.js';

/**
 * What keeps a caller from reaching through the service into its network. An address is checked where it counts, when the connection is
 * made: a name that has just been looked up may point elsewhere a moment later.
 */
export interface AddressGuard {
  /** `host` or `host:port`, lower-case: these may have a private address. */
  allowedHosts: readonly string[];
  /** Names to addresses; the system's when absent. */
  lookup?: LookupFunction;
}

/** Obsolete IPv6 names of IPv4 addresses, which the agents take for public ones. */
const IPV4_IN_IPV6 = new BlockList();
IPV4_IN_IPV6.addSubnet('::', 96, 'ipv6');

/** Agents that connect to no private, loopback, link-local or otherwise special address, unless the URL's host is listed. */
export function guardedAgents(url: URL, { allowedHosts, lookup = systemLookup }: AddressGuard, options: AgentOptions = {}): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const filter = { ...options, allowPrivateIPAddress: isListed(url, allowedHosts), lookup: lookupThatChecks(lookup) };
  return { httpAgent: new RequestFilteringHttpAgent(filter), httpsAgent: new RequestFilteringHttpsAgent(filter) };
}

/** Whether this came of an address that is not allowed. The agents' own errors have no code. */
export const isGuardError = (error: unknown): boolean => error instanceof Error && error.message.includes('is not allowed. Because');

/** An IPv4 address in an IPv6 spelling that no agent sees through. */
export const isHiddenIpv4 = (url: URL): boolean => isIPv6(bareHost(url)) && IPV4_IN_IPV6.check(bareHost(url), 'ipv6');

const NETWORKS: readonly [string, number, 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'], ['10.0.0.0', 8, 'ipv4'], ['100.64.0.0', 10, 'ipv4'], ['127.0.0.0', 8, 'ipv4'], ['169.254.0.0', 16, 'ipv4'], ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'], ['224.0.0.0', 3, 'ipv4'], ['::', 96, 'ipv6'], ['::ffff:0:0', 96, 'ipv6'], ['fc00::', 7, 'ipv6'], ['fe80::', 10, 'ipv6'], ['ff00::', 8, 'ipv6'],
];
const PRIVATE = new BlockList();
for (const [network, bits, family] of NETWORKS) PRIVATE.addSubnet(network, bits, family);

/** For a refusal in good time; what is connected to is checked by the agents, whatever this says. */
export const isPrivateAddress = (address: string): boolean => PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

export function isListed(url: URL, hosts: readonly string[]): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return hosts.includes(url.hostname) || hosts.includes(`${url.hostname}:${port}`);
}

/** The agent checks what this hands on. */
function lookupThatChecks(lookup: LookupFunction): LookupFunction {
  return (hostname, options, done) =>
    lookup(hostname, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
      const isHidden = error === null && addresses.some((address) => isIPv6(address) && IPV4_IN_IPV6.check(address, 'ipv6'));
      done(isHidden ? new Error(`${hostname} is not allowed. Because it is IPv4 in IPv6.`) : error, found, family);
    });
}
