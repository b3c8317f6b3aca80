import { LiveEvent } from '@keytrail/contracts';
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export type LiveState = 'connecting' | 'live' | 'lost';

/** The server says something every five seconds: silence for longer means that the line is dead. */
const DEAD_AFTER_MS = 15_000;
const AGAIN_AFTER_MS = 2_000;
/** Events come in bursts; pages ask once for all of a burst. */
const GATHER_MS = 300;

/** What is to be asked for anew after an event. */
function staleAfter(event: LiveEvent): readonly (readonly string[])[] {
  switch (event.type) {
    case 'incident': return [['incidents'], ['incident', event.incident.incident_id]];
    case 'finding': return [['findings'], ...(event.finding.incident_id === null ? [] : [['incident', event.finding.incident_id]])];
    case 'key': return [['keys'], ['key', event.key.key_id], ['containments'], ['containment'], ['incident']];
  }
}

/** Follows the server's stream and has pages ask anew for what changed. */
export function useLive(): LiveState {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => follow(client, setState), [client]);
  return state;
}

function follow(client: QueryClient, tell: (state: LiveState) => void): () => void {
  const stale = new Set<string>();
  let source: EventSource | undefined;
  let gathering: number | undefined;
  let watchdog: number | undefined;
  let again: number | undefined;
  let lost = false;

  const refresh = () => {
    gathering = undefined;
    for (const key of stale) void client.invalidateQueries({ queryKey: JSON.parse(key) as string[] });
    stale.clear();
  };
  const heard = () => {
    // What happened while nobody listened is told by no event of the new line.
    if (lost) void client.invalidateQueries();
    lost = false;
    tell('live');
    clearTimeout(watchdog);
    watchdog = window.setTimeout(reopen, DEAD_AFTER_MS);
  };
  const changed = (message: MessageEvent<string>) => {
    heard();
    const parsed = LiveEvent.safeParse(JSON.parse(message.data));
    if (!parsed.success) return;
    for (const key of staleAfter(parsed.data)) stale.add(JSON.stringify(key));
    gathering ??= window.setTimeout(refresh, GATHER_MS);
  };
  function open() {
    source = new EventSource('/v1/stream');
    for (const type of ['incident', 'finding', 'key']) source.addEventListener(type, changed);
    source.addEventListener('current', heard);
    source.onerror = () => {
      // A stream that ended in order is opened again by the browser, after the last event that was seen.
      if (source?.readyState === EventSource.CLOSED) reopen();
    };
  }
  function reopen() {
    source?.close();
    lost = true;
    tell('lost');
    clearTimeout(again);
    again = window.setTimeout(open, AGAIN_AFTER_MS);
  }
  open();
  return () => {
    source?.close();
    for (const timer of [gathering, watchdog, again]) clearTimeout(timer);
  };
}
