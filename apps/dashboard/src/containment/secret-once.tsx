import { Button, Checkbox, Modal } from '@mantine/core';
import { IconCheck, IconCopy, IconShieldCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useCopied } from '../ui/copy-button.js';
import classes from './containment.module.css';

/** What a replacement answers, whatever the kind of the key. */
export interface Issued {
  containment_id: string;
  replacement: { key_id: string; name: string; owner: { name: string; contact: string } };
  sealed: string | null;
  overlap_ends_at: string | null;
  replayed: boolean;
  secret?: string | null;
  private_key_pem?: string | null;
}

/** The members that are shown once. */
export const secretsOf = ({ secret, private_key_pem }: Issued): string[] => [secret, private_key_pem].filter((value): value is string => typeof value === 'string');

/** Shows a new secret this once. It does not close before somebody says that it is stored. */
export function SecretOnce({ issued, secrets, noun, onClose }: { issued: Issued; secrets: readonly string[]; noun: string; onClose(): void }) {
  const [stored, setStored] = useState(false);
  const [copied, copy] = useCopied();
  const { replacement, sealed, overlap_ends_at } = issued;
  const mayClose = secrets.length === 0 || stored;
  return (
    <Modal opened onClose={() => mayClose && onClose()} size="lg" withCloseButton={mayClose} closeOnClickOutside={mayClose} closeOnEscape={mayClose}
      title={<span className={classes['dialogTitle']}><IconShieldCheck size={20} color="var(--good)" aria-hidden /> {overlap_ends_at === null ? `${replacement.name} is contained` : `${replacement.name} has a successor`}</span>}
    >
      <div className={classes['dialog']}>
        <p>{overlap_ends_at === null ? 'The old key is refused from now on.' : 'The old key lives on for the grace you chose.'} The new {noun} is <span className="mono">{replacement.key_id}</span>, of {replacement.owner.name} ({replacement.owner.contact}).</p>
        {secrets.map((secret) => (
          <div key={secret} className={classes['secret']}>
            <code className="mono">{secret}</code>
            <Button variant="default" size="compact-sm" leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />} onClick={() => copy(secret)}>{copied ? 'Copied' : 'Copy'}</Button>
          </div>
        ))}
        {secrets.length > 0 && <>
          <p className="muted">This is shown once, and Keytrail keeps no copy. Hand it to the owner by a way that only they can read.</p>
          <Checkbox label="I have stored it" checked={stored} onChange={(event) => setStored(event.currentTarget.checked)} />
        </>}
        {sealed !== null && <p>The new secret is sealed to the owner’s key: only they can open it. The containment’s page gives it again whenever it is needed.</p>}
        {secrets.length === 0 && sealed === null && issued.replayed && <p>This was done before: the secret was in the first answer. Was it lost? Replace the new key.</p>}
        <div className={classes['dialogFoot']}><Button size="sm" disabled={!mayClose} onClick={onClose}>See whether it took hold</Button></div>
      </div>
    </Modal>
  );
}
