import { Link } from '@tanstack/react-router';
import { IconCompass } from '@tabler/icons-react';
import { Empty } from '../ui/blocks.js';
import { ErrorNote } from '../ui/error-note.js';
import { Page } from './page.js';

export function NothingHere() {
  return (
    <Page title="Nothing is here">
      <Empty title="There is no page at this address" icon={<IconCompass size={28} />}>The link may be of another version of Keytrail. <Link to="/">Go to the overview</Link>.</Empty>
    </Page>
  );
}

export function PageError({ error }: { error: unknown }) {
  return <Page title="Something went wrong"><ErrorNote title="This page failed" error={error} onRetry={() => window.location.reload()} /></Page>;
}
