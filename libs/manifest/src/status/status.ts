/** One aspect of an object's status, and why it is so. */
export interface Condition {
  state: boolean;
  message: string | null;
}

/** An object's status in Spinnaker's shape. A failed object may well be stable: nothing more will happen to it. */
export interface ManifestStatus {
  stable: Condition;
  paused: Condition;
  available: Condition;
  failed: Condition;
}

const yes = (message: string | null = null): Condition => ({ state: true, message });
const no = (message: string | null = null): Condition => ({ state: false, message });

/** Stable, available, not paused, not failed. */
export function stableStatus(): ManifestStatus {
  return { stable: yes(), paused: no(), available: yes(), failed: no() };
}

/** The cluster has not written a status yet. */
export function noneReported(): ManifestStatus {
  return {
    ...stableStatus(),
    stable: no('No status reported yet'),
    available: no('No availability reported'),
  };
}

export function unstable(message: string): ManifestStatus {
  return { ...stableStatus(), stable: no(message) };
}

export function unavailable(message: string): ManifestStatus {
  return { ...stableStatus(), stable: no(message), available: no(message) };
}

export function failed(message: string): ManifestStatus {
  return { ...stableStatus(), failed: yes(message) };
}

export const WAITING_FOR_GENERATION = 'Waiting for status generation to match updated object generation';
