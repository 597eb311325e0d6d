interface Entry {
  method: string;
  segments: string[];
}

/** Knows which methods a path has, for the difference between 404 and 405. */
export class RouteTable {
  private readonly entries: Entry[] = [];

  add(method: string | string[], url: string): void {
    for (const one of Array.isArray(method) ? method : [method]) {
      this.entries.push({ method: one, segments: split(url) });
    }
  }

  /** The methods that the path would answer to; empty when nothing lives there. */
  methodsFor(url: string): string[] {
    const path = split(url.split('?')[0] ?? '');
    const methods = this.entries.filter(({ segments }) => fits(segments, path)).map(({ method }) => method);
    return [...new Set(methods)].sort();
  }
}

function split(url: string): string[] {
  return url.split('/').filter((part) => part !== '');
}

function fits(segments: string[], path: string[]): boolean {
  const rest = segments.indexOf('*');
  if (rest === -1 ? segments.length !== path.length : path.length < rest) return false;
  return segments.every(
    (segment, at) => (rest !== -1 && at >= rest) || segment.startsWith(':') || segment === path[at],
  );
}
