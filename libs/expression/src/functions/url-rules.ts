/** Host endings that name machines of the installation itself. */
const INTERNAL_ENDINGS = ['.spinnaker', '.local', '.localdomain', '.internal', '.localhost'];

/**
 * Why an expression may not fetch `url`, or undefined when it may: http or https, a host name with a dot in it, no
 * address in digits, no internal ending, unless the installation allows requests inside. Whoever performs the fetch also checks the addresses that the name resolves to.
 */
export function urlProblem(
  url: string,
  { allowInternalHosts = false }: { allowInternalHosts?: boolean | undefined } = {},
): string | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return `${url.slice(0, 200)} is not a URL`;
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    return `only http and https can be fetched, not ${parsed.protocol}`;
  }
  if (allowInternalHosts) return undefined;
  const host = parsed.hostname.toLowerCase().replace(/\.$/, '');
  if (host.startsWith('[') || /^[\d.]+$/.test(host)) return `the host ${host} is an address; use its name`;
  if (!host.includes('.')) return `the host ${host} has no domain`;
  if (host === 'localhost' || INTERNAL_ENDINGS.some((ending) => host.endsWith(ending))) {
    return `the host ${host} is internal`;
  }
  return undefined;
}
