import type { RequestLog } from '@keytrail/contracts';
import { ActionIcon, Button, Drawer, Tooltip } from '@mantine/core';
import { IconFilterMinus, IconFilterPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { At } from '../../time/time-context.js';
import { CopyButton, useCopied } from '../../ui/copy-button.js';
import { OutcomeTag } from '../../ui/tags.js';
import type { Filter } from './requests-query.js';
import { filterFieldNames, filterFields, type FilterField } from './requests-search.js';
import { asCurl } from './as-curl.js';
import classes from './requests.module.css';

/** Members under another name than their filter. */
const columns: Partial<Record<keyof RequestLog, FilterField>> = { workspace_id: 'workspace' };
const order: readonly (keyof RequestLog)[] = [
  'time', 'request_id', 'outcome', 'status', 'refusal_reason', 'method', 'route', 'path', 'key_id', 'key_fingerprint', 'credential_kind', 'principal', 'workspace_id', 'tenant', 'environment', 'address', 'country',
  'user_agent', 'origin', 'referer', 'latency_ms', 'bytes_in', 'bytes_out', 'gateway_node', 'source',
];

/** Every field of a request, each to filter by. */
export function RequestDrawer({ request, onClose, onFilter }: { request: RequestLog | undefined; onClose(): void; onFilter(filter: Filter): void }) {
  return (
    <Drawer opened={request !== undefined} onClose={onClose} position="right" size="lg" title={<strong>Request</strong>} overlayProps={{ backgroundOpacity: 0.15 }}>
      {request !== undefined && <Fields request={request} onFilter={onFilter} />}
    </Drawer>
  );
}

function Fields({ request, onFilter }: { request: RequestLog; onFilter(filter: Filter): void }) {
  const attributes = Object.entries(request.attributes);
  return (
    <>
      <div className={classes['drawerHead']}>
        <CopyAs label="Copy as JSON" text={JSON.stringify(request, null, 2)} /><CopyAs label="Copy as curl" text={asCurl(request)} />
      </div>
      <dl className={classes['fields']}>
        {order.map((name) => {
          const value = request[name];
          if (value === '' || value === null) return null;
          const field = columns[name] ?? filterFieldNames.find((one) => one === name);
          return <Field key={name} name={field === undefined ? words(name) : filterFields[field]} text={String(value)} field={field} onFilter={onFilter}>{name === 'time' ? <At at={request.time} digits={3} /> : name === 'outcome' ? <OutcomeTag outcome={request.outcome} /> : String(value)}</Field>;
        })}
      </dl>
      {attributes.length > 0 && <><h3 className={classes['drawerTitle']}>Attributes</h3><dl className={classes['fields']}>{attributes.map(([name, value]) => <Field key={name} name={name} text={value} field={undefined} onFilter={onFilter}>{value}</Field>)}</dl></>}
    </>
  );
}

const words = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');

function Field({ name, text, field, onFilter, children }: { name: string; text: string; field: FilterField | undefined; onFilter(filter: Filter): void; children: ReactNode }) {
  return (
    <div className={classes['field']}>
      <dt>{name}</dt>
      <dd><span className="mono">{children}</span></dd>
      <div className={classes['fieldDo']}>
        {field !== undefined && <>
          <Tooltip label="Show only these"><ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Show only ${name} ${text}`} onClick={() => onFilter({ field, value: text, not: false })}><IconFilterPlus size={14} /></ActionIcon></Tooltip>
          <Tooltip label="Leave these out"><ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Leave out ${name} ${text}`} onClick={() => onFilter({ field, value: text, not: true })}><IconFilterMinus size={14} /></ActionIcon></Tooltip>
        </>}
        <CopyButton text={text} label={`Copy ${name}`} />
      </div>
    </div>
  );
}

function CopyAs({ label, text }: { label: string; text: string }) {
  const [copied, copy] = useCopied();
  return <Button variant="default" size="compact-sm" onClick={() => copy(text)}>{copied ? 'Copied' : label}</Button>;
}
