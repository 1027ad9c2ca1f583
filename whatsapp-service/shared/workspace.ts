declare const brand: unique symbol;

/** A workspace's id as Laravel gives it; null: none. */
export type WorkspaceId = string | number | null;

/** A workspace's id as it stands beside a session or a job: JSON, so that `12` and `"12"` go back as they came; null: none. */
export const workspaceToJson = (id: WorkspaceId): string | null => (id === null ? null : JSON.stringify(id));
export const workspaceFromJson = (json: string | null | undefined): WorkspaceId => JSON.parse(json ?? 'null') as WorkspaceId;

/**
 * A workspace as it stands in tables: its id as text, so that `12` and `"12"` are the same one. `''` stands for none: what is kept
 * under it holds for every workspace.
 */
export type WorkspaceKey = string & { readonly [brand]: 'WorkspaceKey' };

export const EVERY_WORKSPACE = '' as WorkspaceKey;

export const workspaceKey = (id: WorkspaceId | undefined): WorkspaceKey => (id === null || id === undefined ? EVERY_WORKSPACE : (String(id) as WorkspaceKey));

/** The workspaces whose rows count for this one: its own, and what holds for every one. */
export const workspacesFor = (key: WorkspaceKey): WorkspaceKey[] => (key === EVERY_WORKSPACE ? [key] : [key, EVERY_WORKSPACE]);
