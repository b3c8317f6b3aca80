import { useEffect, type ReactNode } from 'react';
import classes from './shell.module.css';

interface PageProps {
  title: string;
  /** Beside the title. */
  aside?: ReactNode;
  /** Above the title: where the page belongs. */
  above?: ReactNode;
  /** Shown in place of the title. */
  heading?: ReactNode;
  children: ReactNode;
  /** Fills the height of the window; its parts scroll by themselves. */
  fills?: boolean;
}

export function Page({ title, aside, above, heading, children, fills = false }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Keytrail`;
  }, [title]);
  return (
    <main className={`${classes['page']} ${fills ? classes['fills'] : ''}`} id="main" tabIndex={-1}>
      <header className={classes['pageHead']}>
        <div className={classes['pageTitle']}>
          {above}
          {heading ?? <h1>{title}</h1>}
        </div>
        {aside !== undefined && <div className={classes['pageAside']}>{aside}</div>}
      </header>
      {children}
    </main>
  );
}
