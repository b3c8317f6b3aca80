import { SignInProblem } from '@keytrail/contracts';

const PROBLEMS: Record<SignInProblem, { title: string; advice: string }> = {
  sign_in_denied: { title: 'Your organisation did not sign you in', advice: 'You gave up there, or you may not use Keytrail. Try again, or ask who looks after sign-in.' },
  sign_in_not_believed: { title: 'That sign-in could not be believed', advice: 'Begin again from here. If it happens again, an administrator finds the reason in the log.' },
  sign_in_expired: { title: 'That sign-in was not begun here, or took too long', advice: 'Begin again from here, in this browser.' },
  no_role: { title: 'You have no role in Keytrail', advice: 'You are known, but none of your groups may do anything here. Ask an administrator for a group that KEYTRAIL_OIDC_ROLES names.' },
};

/** Why the last way through the identity provider ended here, as the address says. */
export function problemOf(search: string): { title: string; advice: string } | undefined {
  const said = SignInProblem.safeParse(new URLSearchParams(search).get('sign_in'));
  return said.success ? PROBLEMS[said.data] : undefined;
}

/** Where the browser goes to sign in, so that it comes back to this page. */
export function startOf(oidc: string, { pathname, search }: { pathname: string; search: string }): string {
  const kept = new URLSearchParams(search);
  kept.delete('sign_in');
  const query = kept.size === 0 ? '' : `?${kept}`;
  return `${oidc}?${new URLSearchParams({ return_to: `${pathname}${query}` })}`;
}
