import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kubernetesMoniker } from './kubernetes-moniker.js';
import {
  buildName,
  buildValidName,
  displayedName,
  formatSequence,
  type NameParts,
  nextServerGroupName,
  parseName,
  serverGroupName,
  type TakenSlot,
} from './moniker.js';

interface Case {
  id: string;
  op: string;
  input: unknown;
  expected: unknown;
  expected_full?: unknown;
  expected_error?: string;
}

const cases = JSON.parse(
  readFileSync(new URL('./__fixtures__/moniker-cases.json', import.meta.url), 'utf8'),
) as Case[];

type Input = NameParts & { takenSlots?: TakenSlot[]; ignoreSequence?: boolean };

const operations: Record<string, (input: unknown) => unknown> = {
  build_name: (input) => buildName(input as NameParts),
  build_name_validated: (input) => buildValidName(input as NameParts),
  parse_name: (input) => parseName(input as string | null),
  deck_parse_server_group_name: (input) => displayedName(input as string),
  format_sequence: (input) => formatSequence(input as number),
  k8s_derive_moniker: (input) => kubernetesMoniker(input),
  generate_server_group_name: (input) => serverGroupName(input as Input, input as Input),
  next_server_group_name: (input) => nextServerGroupName(input as Input, (input as Input).takenSlots ?? []),
};

describe('names', () => {
  it.each(cases)('$id', ({ op, input, expected, expected_full, expected_error }) => {
    const run = operations[op];
    if (!run) throw new Error(`no operation ${op}`);
    if (expected_error !== undefined) {
      expect(() => run(input)).toThrow(RangeError);
    } else {
      expect(run(input)).toEqual(expected_full ?? expected);
    }
  });

  it('keeps a trailing dash in the cluster, where the stack is empty', () => {
    expect(parseName('app--v003')).toMatchObject({ cluster: 'app-', app: 'app', stack: null, sequence: 3 });
  });
});

describe('the next server group', () => {
  const slot = (sequence: number | null, createdTime: number): TakenSlot => ({
    serverGroupName: buildName({ app: 'app', sequence }),
    sequence,
    createdTime,
  });

  it('follows the one created last, not the highest', () => {
    expect(nextServerGroupName({ app: 'app' }, [slot(7, 1), slot(2, 2)])).toBe('app-v003');
  });

  it('starts again at zero after 999 and skips names in use', () => {
    expect(nextServerGroupName({ app: 'app' }, [slot(999, 9), slot(0, 1)])).toBe('app-v001');
  });

  it('is v001 after one without a version', () => {
    expect(nextServerGroupName({ app: 'app' }, [slot(null, 9)])).toBe('app-v001');
  });

  it('says so when every name is taken', () => {
    const all = Array.from({ length: 1000 }, (_, index) => slot(index, index));
    expect(() => nextServerGroupName({ app: 'app' }, all, { region: 'eu' })).toThrow(
      'All server group names for cluster app in eu are taken.',
    );
  });
});
