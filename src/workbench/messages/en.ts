// The messages of the workbench in English. The other catalogues have the same keys. Each area has a key of its own.

import type { Plural } from '../../web/messages/types.ts'
import { forms } from '../forms/messages/en.ts'

export const en = {
  site: {
    navigation: 'Workbench',
    work: 'My work',
    newSource: 'New source',
    imports: 'Import',
    sessions: 'Sessions',
    keys: 'Keys',
    signOut: 'Sign out',
    signedIn: 'Signed in as {name}',
    error: 'Error',
    errorSummary: 'There is a problem',
  },
  /** What was done, shown once at the top of the next page; its name is in the address: `?done=signedOut`. */
  notices: {
    signedOut: 'You have signed out.',
    sessionsEnded: 'The sessions have been ended.',
    keyRevoked: 'The key has been revoked.',
    saved: 'Saved.',
    combined: 'Saved. Others changed other fields meanwhile; their changes are kept too.',
    unchanged: 'Nothing differed, so nothing was saved.',
    deleted: 'Deleted.',
    restored: 'Saved: the earlier version is the newest again.',
    merged: 'Merged into this record.',
  } as Record<string, string>,
  errors: {
    crossSite: 'This form was not sent from this site',
    crossSiteAbout:
      'Nothing was saved. A page of another site may have tried to act in your name. If you sent the form here yourself, open the page again and repeat it.',
    forbidden: 'Your key may not do this',
    forbiddenAbout: 'This page needs a key with the role admin.',
    tooLarge: 'This is too much at once',
    tooLargeAbout: 'Nothing was saved. Go back in your browser: what you typed is still there.',
    insecure: 'Signing in needs a secure connection',
    insecureAbout:
      'Open this site with https://. If a proxy in front of the service does that already, its operator has to set TRUST_PROXY.',
    back: 'Back to my work',
    failed: 'This did not work',
    failedAbout:
      'Nothing was saved. Go back in your browser and try again in a moment. If it happens again, tell the operator the number of the request: {id}.',
  },
  sessions: {
    title: 'My sessions',
    lead: 'Where you are signed in with this key. If you do not know one of them, end it, and have the key revoked.',
    begun: 'Signed in',
    lastSeen: 'Last used',
    from: 'From',
    current: 'This session',
    end: 'End',
    endOthers: 'End all other sessions',
    endAt: 'ends at the latest',
  },
  keys: {
    title: 'Keys',
    lead: 'Whoever has a key signs in here or uses the API with it. What they write carries its name.',
    name: 'Name',
    nameHint: 'The person or the program that uses it. It is public: each change names it.',
    nameFault: 'Enter a name of at most 100 characters, in one line.',
    role: 'Role',
    roles: { analyst: 'Analyst', admin: 'Admin' },
    roleHints: {
      analyst: 'writes, corrects and merges records',
      admin: 'also deletes records, and manages webhooks and keys',
    },
    roleFault: 'Choose a role.',
    createdAt: 'Created',
    state: 'State',
    expires: 'Expires',
    never: 'never',
    inDays: 'in {n} days',
    withoutEnd: 'does not expire',
    validUntil: 'valid until {date}',
    expiredOn: 'expired: {date}',
    revokedOn: 'revoked: {date}',
    you: 'your key',
    create: 'Create a key',
    created: 'A key was created',
    createdLead:
      'Copy it now and hand it over safely. It is shown only this once, and nobody can look it up later.',
    secret: 'The key of',
    revoke: 'Revoke',
    revokeAsk: 'Revoke the key of {name}?',
    revokeAbout:
      'It stops working at once, and all sessions that were begun with it end. This cannot be undone.',
    revokeOwn: 'This is the key that you signed in with: you will be signed out.',
    back: 'Back to the keys',
  },
  forms,
  session: {
    title: 'Sign in',
    lead: 'The workbench is for people who have a key of this service. Its operator creates keys.',
    expired: 'Your session has ended. Sign in to go on.',
    carried:
      'What you typed is not lost: after you have signed in, the form is shown again as you left it, for you to send.',
    fileLost: 'A file cannot be carried over: choose it again after you have signed in.',
    key: 'Key',
    keyHint: 'It begins with sco_.',
    signIn: 'Sign in',
    wrong: 'This is not a valid key. Check that it is complete.',
    empty: 'Enter your key.',
    tooMany: 'Too many attempts. Wait {minutes} and try again.',
    minutes: { one: '{n} minute', other: '{n} minutes' } as Plural,
    resumed: 'You are signed in again. Nothing has been saved yet: check the form, and send it.',
  },
}

export type Messages = typeof en
