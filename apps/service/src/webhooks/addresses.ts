import { BlockList, isIP } from 'node:net';

/**
 * Networks that are not public, by IANA's special-purpose registries (RFC 6890 and its updates): this host,
 * private, shared (CGNAT), loopback, link-local (also where clouds keep their metadata), documentation, benchmarks,
 * multicast, reserved; for IPv6 the same, and networks with embedded IPv4 addresses (NAT64, 6to4, Teredo).
 */
const CLOSED: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];
/** The network of all public IPv6 addresses. */
const GLOBAL_IPV6 = ['2000::', 3] as const;

const closed = new BlockList();
for (const [network, prefix] of CLOSED) closed.addSubnet(network, prefix, familyOf(network));
const global = new BlockList();
global.addSubnet(...GLOBAL_IPV6, 'ipv6');

/** True for a public IP address; false for a text that is not an address. */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !closed.check(address, 'ipv4');
  // ::ffff:a.b.c.d and ::a.b.c.d are never public, whatever their IPv4 address
  return version === 6 && global.check(address, 'ipv6') && !closed.check(address, 'ipv6');
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
