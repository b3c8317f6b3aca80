import { Kbd, Menu, SegmentedControl, Tooltip, UnstyledButton, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { IconChevronUp, IconLogout, IconSearch } from '@tabler/icons-react';
import { callForNothing } from '../api/client.js';
import { openIncidentsQuery } from '../api/queries.js';
import { queryClient } from '../api/query-client.js';
import type { LiveState } from '../api/use-live.js';
import { useSession } from '../session/use-session.js';
import { At, useTimes } from '../time/time-context.js';
import { openPalette } from './palette.js';
import { pages } from './pages.js';
import mark from './mark.svg';
import classes from './shell.module.css';

const liveWords: Record<LiveState, string> = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' };

export function Nav({ live }: { live: LiveState }) {
  const { permissions } = useSession();
  const { data: open } = useQuery(openIncidentsQuery);
  return (
    <div className={classes['navBody']}>
      <Link to="/" className={classes['brand']}><img src={mark} width={24} height={24} alt="" />Keytrail</Link>
      <UnstyledButton className={classes['search']} onClick={openPalette}>
        <IconSearch size={15} aria-hidden /><span>Search or go to</span><Kbd size="xs">{isApple ? '⌘K' : 'Ctrl K'}</Kbd>
      </UnstyledButton>
      <ul className={classes['links']}>
        {pages.filter(({ needs }) => permissions.includes(needs)).map(({ to, label, icon: Icon, keys }) => (
          <li key={to}>
            <Tooltip label={<>Press <Kbd size="xs">{keys[0]}</Kbd> then <Kbd size="xs">{keys[2]}</Kbd></>} position="right" openDelay={700}>
              <Link to={to} className={classes['link']} activeOptions={{ exact: to === '/', includeSearch: false }} activeProps={{ 'aria-current': 'page' }}>
                <Icon size={17} stroke={1.8} aria-hidden /><span>{label}</span>
                {to === '/incidents' && open !== undefined && open > 0 && <span className={classes['badge']} aria-label={`${open} open`}>{open > 99 ? '99+' : open}</span>}
              </Link>
            </Tooltip>
          </li>
        ))}
      </ul>
      <div className={classes['navFoot']}>
        <span className={classes['live']} data-state={live} role="status"><span aria-hidden />{liveWords[live]}</span>
        <Who />
      </div>
    </div>
  );
}

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

function Who() {
  const { name, role, workspaces, expires_at } = useSession();
  const { zone, setZone } = useTimes();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useMutation({
    mutationFn: () => callForNothing('/v1/session', { method: 'DELETE' }),
    onSettled: () => {
      queryClient.clear();
      window.location.reload();
    },
  });
  return (
    <Menu width={268} position="top-start" closeOnItemClick={false}>
      <Menu.Target>
        <UnstyledButton className={classes['who']}>
          <span className={classes['avatar']} aria-hidden>{name.slice(0, 1).toUpperCase()}</span>
          <span className={classes['whoName']}><strong>{name}</strong><span>{role}{workspaces === null ? '' : ` · ${workspaces.length} ${workspaces.length === 1 ? 'workspace' : 'workspaces'}`}</span></span>
          <IconChevronUp size={14} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Appearance</Menu.Label>
        <div className={classes['menuRow']}>
          <SegmentedControl
            fullWidth size="xs" aria-label="Appearance" value={colorScheme} onChange={(value) => setColorScheme(value as MantineColorScheme)}
            data={[{ value: 'auto', label: 'System' }, { value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' }]}
          />
        </div>
        <Menu.Label>Times</Menu.Label>
        <div className={classes['menuRow']}>
          <SegmentedControl
            fullWidth size="xs" aria-label="Time zone" value={zone} onChange={(value) => setZone(value === 'utc' ? 'utc' : 'local')}
            data={[{ value: 'local', label: 'Local' }, { value: 'utc', label: 'UTC' }]}
          />
        </div>
        <Menu.Divider />
        {expires_at !== null && <div className={classes['menuNote']}>Signed in until <At at={expires_at} /></div>}
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => signOut.mutate()} closeMenuOnClick>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
