import { describe, expect, it } from 'vitest';
import type { CatalogItem } from './catalog-item.js';
import { inOrder, withIndexes } from './pipeline-order.js';

const item = (application: string, name: string, position?: number) =>
  ({ application, name, ...(position === undefined ? {} : { position }) }) as CatalogItem;

describe('the order of pipelines', () => {
  it('goes by index, then name, with those that have no index last', () => {
    const items = [item('a', 'z'), item('a', 'b'), item('a', 'y', 5), item('a', 'x', 5), item('a', 'w', 9)];
    expect(inOrder(items).map(({ name }) => name)).toEqual(['x', 'y', 'w', 'b', 'z']);
  });

  it('renumbers from 0 without gaps in each application', () => {
    const configs = [{ application: 'a', index: 3 }, { application: 'a', index: 3 }, { application: 'b' }];
    expect(withIndexes(configs).map(({ index }) => index)).toEqual([0, 1, 0]);
  });
});
