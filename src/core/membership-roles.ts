// The roles of states in organizations.

/** Roles of which a state has one at a time in an organization. */
export const STATUSES = ['member', 'observer', 'dialogue-partner', 'partner'] as const

/** All roles of a state in an organization. */
export const STATE_ROLES: readonly string[] = [...STATUSES, 'chair', 'applicant']
