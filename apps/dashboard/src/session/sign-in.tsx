import { Session } from '@keytrail/contracts';
import { Button, Divider, PasswordInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { ApiError } from '../api/api-error.js';
import { call } from '../api/client.js';
import { sessionQuery, signInMethodsQuery } from '../api/queries.js';
import mark from '../shell/mark.svg';
import { ErrorNote } from '../ui/error-note.js';
import { problemOf, startOf } from './identity-provider.js';
import classes from './sign-in.module.css';

/** Exchanges an access token for a session. The token is held for the call and never written down. */
export function SignIn() {
  const [token, setToken] = useState('');
  const client = useQueryClient();
  const oidc = useQuery(signInMethodsQuery).data?.oidc ?? null;
  const problem = problemOf(window.location.search);
  const signIn = useMutation({
    mutationFn: () => call('/v1/session', Session, { method: 'POST', headers: { authorization: `Bearer ${token.trim()}` } }),
    onSuccess(session) {
      setToken('');
      client.setQueryData(sessionQuery.queryKey, session);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isSendable(token)) signIn.mutate();
  };
  return (
    <main className={classes['page']}>
      <form className={classes['card']} onSubmit={submit}>
        <img src={mark} width={36} height={36} alt="" />
        <h1 className={classes['title']}>Sign in to Keytrail</h1>
        <p className="muted">Who used which key, from where, and is that normal.</p>
        {problem !== undefined && <ErrorNote title={problem.title} error={null} advice={problem.advice} />}
        {oidc !== null && (
          <>
            <Button component="a" href={startOf(oidc, window.location)} size="md" fullWidth>Sign in with your organisation</Button>
            <Divider label="or with an access token" />
          </>
        )}
        <PasswordInput
          label="Access token" placeholder="kt_access_…" value={token} onChange={(event) => setToken(event.currentTarget.value)} autoFocus={oidc === null} autoComplete="current-password" spellCheck={false}
          size="md" error={token !== '' && !isSendable(token) ? 'A token has no spaces and no special characters.' : undefined}
        />
        <Button type="submit" size="md" fullWidth variant={oidc === null ? 'filled' : 'default'} loading={signIn.isPending} disabled={!isSendable(token)}>Sign in</Button>
        {signIn.error !== null && (isWrongToken(signIn.error)
          ? <ErrorNote title="This token is not good" error={signIn.error} advice="Copy it once more in whole. It may have expired or been revoked: then ask an administrator for another." />
          : <ErrorNote title="You are not signed in" error={signIn.error} />)}
        <p className={classes['hint']}>
          The administrator’s token was shown when Keytrail first started. Lost it? Start Keytrail once with <code className="mono">KEYTRAIL_ADMIN_TOKEN</code> set to a new one.
        </p>
      </form>
    </main>
  );
}

const isSendable = (token: string): boolean => /^[\x21-\x7e]{1,8192}$/.test(token.trim());
const isWrongToken = (error: Error): boolean => error instanceof ApiError && error.status === 401;
