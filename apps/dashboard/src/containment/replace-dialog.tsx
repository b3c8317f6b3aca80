import { BlastRadius, type AffectedKey, type IssuedKind } from '@keytrail/contracts';
import { Button, Modal, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { ApiError } from '../api/api-error.js';
import { call, newIdempotencyKey } from '../api/client.js';
import { ErrorNote } from '../ui/error-note.js';
import { BlastRadiusView } from './blast-radius.js';
import { kinds } from './kinds.js';
import { SecretOnce, secretsOf, type Issued } from './secret-once.js';
import classes from './containment.module.css';

export interface KeyToReplace extends Pick<AffectedKey, 'key_id' | 'name' | 'environment'> {
  kind: IssuedKind;
}

interface ReplaceDialogProps {
  target: KeyToReplace;
  incidentId?: string;
  onClose(): void;
}

const graces = [{ value: '0', label: 'At once' }, { value: '300', label: 'In 5 min' }, { value: '3600', label: 'In 1 h' }];

/** Shows what a revocation breaks, then carries it out; in production only once the key's name was typed. */
export function ReplaceDialog({ target, incidentId, onClose }: ReplaceDialogProps) {
  const { key_id, name, kind, environment } = target;
  const { noun, path, replacement } = kinds[kind];
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [handOver, setHandOver] = useState<'response' | 'sealed'>('response');
  const [grace, setGrace] = useState('0');
  // One for as long as the dialog is open: a second press, or one after a lost answer, changes nothing more.
  const [idempotencyKey] = useState(newIdempotencyKey);
  const radius = useQuery({
    queryKey: ['blast-radius', key_id], staleTime: 0, queryFn: ({ signal }) => call(`/v1/${path}/${encodeURIComponent(key_id)}/blast-radius`, BlastRadius, { signal }),
  });
  const replace = useMutation({
    mutationFn: (): Promise<Issued> => call<Issued>(`/v1/${path}/${encodeURIComponent(key_id)}/revoke-and-replace`, replacement, {
      method: 'POST', headers: { 'idempotency-key': idempotencyKey },
      body: { reason: reason.trim(), grace: Number(grace), hand_over: handOver, ...(incidentId !== undefined && { incident_id: incidentId }) },
    }),
    onSettled: () => Promise.all(['incident', 'incidents', 'containments', 'containment', 'keys'].map((noun) => client.invalidateQueries({ queryKey: [noun] }))),
  });
  const isProduction = environment === 'production';
  const isReady = reason.trim() !== '' && (!isProduction || typed.trim() === name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) replace.mutate();
  };
  if (replace.data !== undefined) return <SecretOnce issued={replace.data} secrets={secretsOf(replace.data)} noun={noun} onClose={onClose} />;
  return (
    <Modal opened onClose={onClose} size="lg" title={<span className={classes['dialogTitle']}>Revoke and replace {name}</span>}>
      <form className={classes['dialog']} onSubmit={submit}>
        <BlastRadiusView radius={radius.data} error={radius.error} />
        <Textarea label="Reason" description="Kept in the audit trail. No secrets here." autosize minRows={2} required value={reason} onChange={(event) => setReason(event.currentTarget.value)} data-autofocus placeholder="Used by strangers from two networks since 22:05" />
        <div className={classes['choices']}>
          <div>
            <span className={classes['choiceLabel']} id="grace">The old key dies</span>
            <SegmentedControl size="xs" aria-labelledby="grace" value={grace} onChange={setGrace} data={graces} />
          </div>
          {radius.data?.owner.can_receive_sealed === true && secretMakers.has(kind) && (
            <div>
              <span className={classes['choiceLabel']} id="hand-over">The new secret</span>
              <SegmentedControl size="xs" aria-labelledby="hand-over" value={handOver} onChange={(value) => setHandOver(value === 'sealed' ? 'sealed' : 'response')} data={[{ value: 'response', label: 'Show it to me once' }, { value: 'sealed', label: 'Seal it to the owner' }]} />
            </div>
          )}
        </div>
        {isProduction && <TextInput label={<>This key is in production. Type <strong className="mono">{name}</strong> to go on</>} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" spellCheck={false} />}
        {replace.error !== null && <ReplaceError error={replace.error} />}
        <div className={classes['dialogFoot']}>
          <Button variant="default" size="sm" onClick={onClose}>Cancel</Button>
          <Button type="submit" size="sm" color="red.9" disabled={!isReady} loading={replace.isPending}>Revoke and replace</Button>
        </div>
      </form>
    </Modal>
  );
}

const secretMakers: ReadonlySet<IssuedKind> = new Set<IssuedKind>(['api_key', 'service_token', 'workspace_key', 'signing_key']);

function ReplaceError({ error }: { error: Error }) {
  if (error instanceof ApiError && error.code === 'key_revoked') {
    return <ErrorNote title="Somebody else was first" error={error} advice={`${String(error.members['started_by'] ?? 'Another responder')} revoked it already. Close this: the page shows what came of it.`} />;
  }
  return <ErrorNote title="The key was not replaced" error={error} />;
}
