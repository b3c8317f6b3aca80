import { RequestLogPage } from '@keytrail/contracts';
import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { IconDownload } from '@tabler/icons-react';
import { adviceFor } from '../../api/api-error.js';
import { call, type Query } from '../../api/client.js';
import { csvHeader, csvLine } from './csv.js';

const MOST = 100_000;
const PAGE = 1_000;

/** Writes exactly what the page shows, all of it, into a file; 100,000 rows at most. */
export function Export({ asked }: { asked: Query }) {
  const save = useMutation({
    mutationFn: async (format: 'csv' | 'ndjson') => {
      const lines: string[] = format === 'csv' ? [csvHeader] : [];
      let rows = 0;
      let cursor: string | null | undefined;
      do {
        const page: RequestLogPage = await call('/v1/request-logs', RequestLogPage, { query: { ...asked, limit: PAGE, cursor: cursor ?? undefined } });
        for (const request of page.data) lines.push(format === 'csv' ? csvLine(request) : JSON.stringify(request));
        rows += page.data.length;
        cursor = page.next_cursor;
      } while (cursor !== null && rows < MOST);
      download(`requests.${format}`, format === 'csv' ? 'text/csv' : 'application/x-ndjson', `${lines.join('\n')}\n`);
      return { rows, cut: cursor !== null };
    },
    onSuccess: ({ rows, cut }) => cut && notifications.show({ color: 'yellow', title: `The file holds the latest ${rows.toLocaleString('en')} requests`, message: 'More fit than a file takes: narrow the range for the rest.' }),
    onError: (error) => notifications.show({ color: 'red', title: 'Nothing was exported', message: `${error.message} ${adviceFor(error)}` }),
  });
  return (
    <Menu>
      <Menu.Target><Button variant="default" leftSection={<IconDownload size={15} />} loading={save.isPending}>Export</Button></Menu.Target>
      <Menu.Dropdown><Menu.Item onClick={() => save.mutate('csv')}>CSV</Menu.Item><Menu.Item onClick={() => save.mutate('ndjson')}>NDJSON</Menu.Item></Menu.Dropdown>
    </Menu>
  );
}

function download(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

