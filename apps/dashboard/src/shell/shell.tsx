import { ActionIcon, Burger, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useRouterState } from '@tanstack/react-router';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, type ReactNode } from 'react';
import { useLive } from '../api/use-live.js';
import { useMay } from '../session/use-session.js';
import { Nav } from './nav.js';
import { Palette, openPalette } from './palette.js';
import mark from './mark.svg';
import { useShortcuts } from './use-shortcuts.js';
import classes from './shell.module.css';

/** Navigation beside every page; above it on narrow screens. */
export function Shell({ children }: { children: ReactNode }) {
  const live = useLive();
  const [open, menu] = useDisclosure(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useShortcuts();
  useEffect(menu.close, [path]); // eslint-disable-line react-hooks/exhaustive-deps -- Only a change of the page closes it.
  if (!useMay('incidents:read')) return null;
  return (
    <div className={classes['frame']}>
      <a className={classes['skip']} href="#main">Skip to the page</a>
      <nav className={classes['nav']} aria-label="Pages"><Nav live={live} /></nav>
      <header className={classes['topBar']}>
        <Burger opened={open} onClick={menu.toggle} size="sm" aria-label="Open the menu" />
        <Link to="/" className={classes['brand']}><img src={mark} width={22} height={22} alt="" />Keytrail</Link>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Search" onClick={openPalette}><IconSearch size={18} /></ActionIcon>
      </header>
      <Drawer opened={open} onClose={menu.close} size={264} title="Keytrail" padding="sm"><Nav live={live} /></Drawer>
      {children}
      <Palette />
    </div>
  );
}
