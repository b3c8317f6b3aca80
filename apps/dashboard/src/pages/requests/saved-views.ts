import { z } from 'zod';
import { RequestsSearch } from './requests-search.js';

const SavedView = z.object({ name: z.string().min(1).max(60), search: RequestsSearch });
export type SavedView = z.infer<typeof SavedView>;
const MOST = 50;

/** Views as this browser keeps them; what cannot be read is left out. */
export function readViews(stored: string | null): SavedView[] {
  try {
    const views: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(views) ? views.flatMap((view) => SavedView.safeParse(view).data ?? []) : [];
  } catch {
    return [];
  }
}

/** With the view under its name, which stood for another before perhaps; the newest first, 50 at most. The row in the drawer is no part of it. */
export function withView(views: readonly SavedView[], name: string, search: RequestsSearch): SavedView[] {
  return [{ name: name.trim(), search: { ...search, open: undefined } }, ...withoutView(views, name.trim())].slice(0, MOST);
}

export const withoutView = (views: readonly SavedView[], name: string): SavedView[] => views.filter((view) => view.name !== name);
