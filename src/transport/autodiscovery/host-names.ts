/** True for a DNS host name (RFC 1123) with at least two labels: no IP address, no `localhost`. */
export function isHostName(name: string): boolean {
  if (name.length > 253) return false;
  const labels = name.split('.');
  if (labels.length < 2 || /^\d+$/.test(labels.at(-1) ?? '')) return false;
  return labels.every((label) => label.length <= 63 && /^[a-z0-9_]([a-z0-9-]*[a-z0-9])?$/i.test(label));
}

/** True if the host is the domain or lies below it. */
export function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
