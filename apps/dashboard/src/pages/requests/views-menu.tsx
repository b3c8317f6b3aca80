import { ActionIcon, Button, Menu, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconBookmark, IconX } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import type { RequestsSearch } from './requests-search.js';
import { readViews, withView, withoutView, type SavedView } from './saved-views.js';
import classes from './requests.module.css';

/** Views that this browser keeps: the range and the filters under a name. */
export function ViewsMenu({ search, onChoose }: { search: RequestsSearch; onChoose(search: RequestsSearch): void }) {
  const [views, setViews] = useLocalStorage<SavedView[]>({ key: 'keytrail-views', defaultValue: [], deserialize: (stored) => readViews(stored ?? null), getInitialValueInEffect: false });
  const [name, setName] = useState('');
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    setViews(withView(views, name, search));
    setName('');
  };
  return (
    <Menu width={280} closeOnItemClick={false}>
      <Menu.Target><Button variant="default" leftSection={<IconBookmark size={15} />}>Views</Button></Menu.Target>
      <Menu.Dropdown>
        {views.map((view) => (
          <div key={view.name} className={classes['view']}>
            <Menu.Item closeMenuOnClick onClick={() => onChoose(view.search)}>{view.name}</Menu.Item>
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Remove the view ${view.name}`} onClick={() => setViews(withoutView(views, view.name))}><IconX size={14} /></ActionIcon>
          </div>
        ))}
        {views.length === 0 && <p className={classes['noViews']}>Nothing is saved yet. A view is the range and the filters that you see.</p>}
        <Menu.Divider />
        <form onSubmit={save} className={classes['saveView']}>
          <TextInput size="xs" aria-label="Name of the view" placeholder="Name of this view" maxLength={60} value={name} onChange={(event) => setName(event.currentTarget.value)} onKeyDown={(event) => event.stopPropagation()} />
          <Button type="submit" size="compact-sm" variant="default" disabled={name.trim() === ''}>Save</Button>
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}
