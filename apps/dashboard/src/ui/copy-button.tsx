import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';

/** Puts text on the clipboard; browsers have the modern way only where there is TLS. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'hidden-text';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** Whether something was copied in the last moments, and how to copy. */
export function useCopied(): [boolean, (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return [copied, (text) => void copyText(text).then(() => setCopied(true))];
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, copy] = useCopied();
  return (
    <Tooltip label={copied ? 'Copied' : label}>
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} onClick={(event) => { event.preventDefault(); event.stopPropagation(); copy(text); }}>
        {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}

/** An id in letters of one width that can be copied. */
export const Id = ({ id, label = 'Copy the id' }: { id: string; label?: string }) => <span style={{ display: 'inline-flex', alignItems: 'center', gap: 2, minWidth: 0 }}><span className="mono" style={{ overflowWrap: 'anywhere' }}>{id}</span><CopyButton text={id} label={label} /></span>;
