import type { Incident, TimelineEntry } from '@keytrail/contracts';
import { Button, Textarea, UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconArrowUpRight, IconBolt, IconFlag, IconGitMerge, IconKey, IconNote, IconTarget } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { useMay } from '../../session/use-session.js';
import { At } from '../../time/time-context.js';
import { Section } from '../../ui/blocks.js';
import { foldTimeline, type FoldedEntry } from './fold-timeline.js';
import { useUpdateIncident } from './incident-controls.js';
import classes from './incident.module.css';

const icons: Record<TimelineEntry['kind'], typeof IconBolt> = {
  opened: IconAlertTriangle, finding: IconTarget, severity: IconArrowUpRight, state: IconFlag, note: IconNote, action: IconBolt, joined: IconGitMerge, key: IconKey,
};
const MOST_SHOWN = 40;

/** What was found, done and said, the latest first, and a place to say more. */
export function Timeline({ incident }: { incident: Incident }) {
  const [all, setAll] = useState(false);
  const entries = foldTimeline(incident.timeline).reverse();
  const shown = all ? entries : entries.slice(0, MOST_SHOWN);
  return (
    <Section title="Timeline" count={entries.length}>
      <NoteForm incidentId={incident.incident_id} />
      <ol className={classes['timeline']}>{shown.map((entry, at) => <Entry key={`${entry.at} ${entry.kind} ${entry.finding_id ?? ''} ${entry.text.slice(0, 80)} ${entries.length - at}`} entry={entry} />)}</ol>
      {shown.length < entries.length && <div className={classes['more']}><Button variant="default" onClick={() => setAll(true)}>Show {entries.length - shown.length} earlier</Button></div>}
    </Section>
  );
}

function Entry({ entry }: { entry: FoldedEntry }) {
  const { at, kind, actor, text, earlier } = entry;
  const [open, setOpen] = useState(false);
  const Icon = icons[kind];
  return (
    <li data-kind={kind}>
      <span className={classes['entryIcon']} aria-hidden><Icon size={14} /></span>
      <div>
        <div className={classes['entryHead']}><At at={at} />{actor !== 'keytrail' && <span>{actor}</span>}</div>
        <p>{text}</p>
        {earlier.length > 0 && <UnstyledButton className={classes['earlier']} aria-expanded={open} onClick={() => setOpen(!open)}>{open ? 'Hide' : 'Show'} {earlier.length} earlier {earlier.length === 1 ? 'state' : 'states'}</UnstyledButton>}
        {open && <ul>{earlier.map((one) => <li key={`${one.at} ${one.text}`}><At at={one.at} /> {one.text}</li>)}</ul>}
      </div>
    </li>
  );
}

function NoteForm({ incidentId }: { incidentId: string }) {
  const mayWrite = useMay('incidents:write');
  const [note, setNote] = useState('');
  const update = useUpdateIncident(incidentId);
  if (!mayWrite) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (note.trim() !== '') update.mutate({ note: note.trim() }, { onSuccess: () => setNote('') });
  };
  return (
    <form className={classes['note']} onSubmit={submit}>
      <Textarea aria-label="Note" placeholder="Write down what you found or did. Secrets are cut out." autosize minRows={1} maxRows={8} maxLength={4000} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
      <Button type="submit" variant="default" size="sm" disabled={note.trim() === ''} loading={update.isPending}>Add note</Button>
    </form>
  );
}
