import { describe, expect, it } from '@jest/globals';
import { RequestsSearch } from './requests-search.js';
import { readViews, withView, withoutView } from './saved-views.js';

const search = (fields: Record<string, unknown>): RequestsSearch => RequestsSearch.parse(fields);

describe('saved views', () => {
  it('come back as they were saved, but for the row that was open', () => {
    const views = withView([], ' Denied today ', search({ range: '24h', outcome: ['forbidden'], not_address: '10.0.0.1', open: 'r1@2026' }));
    const [view] = readViews(JSON.stringify(views));
    expect(view!.name).toBe('Denied today');
    expect(view!.search).toMatchObject({ range: '24h', outcome: ['forbidden'], not_address: ['10.0.0.1'] });
    expect(view!.search.open).toBeUndefined();
  });

  it('have one of each name, the newest first', () => {
    const views = withView(withView(withView([], 'a', search({ range: '1h' })), 'b', search({})), 'a', search({ range: '7d' }));
    expect(views.map(({ name, search: { range } }) => [name, range])).toEqual([['a', '7d'], ['b', undefined]]);
    expect(withoutView(views, 'a').map(({ name }) => name)).toEqual(['b']);
  });

  it.each([null, '', 'no json', '{}', '[1,{"name":""},{"name":"x"}]'])('are none where %j is kept', (stored) => {
    expect(readViews(stored)).toEqual([]);
  });
});
