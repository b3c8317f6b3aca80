import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { pages } from './pages.js';

const TOGETHER_MS = 1_000;

const isTyping = (target: EventTarget | null): boolean => target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** `g` and then a letter leads to a page. */
export function useShortcuts(): void {
  const navigate = useNavigate();
  useEffect(() => {
    let leader = -Infinity;
    const pressed = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      const page = event.timeStamp - leader < TOGETHER_MS ? pages.find(({ keys }) => keys === `g ${event.key}`) : undefined;
      leader = event.key === 'g' ? event.timeStamp : -Infinity;
      if (page === undefined) return;
      event.preventDefault();
      void navigate({ to: page.to });
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [navigate]);
}
