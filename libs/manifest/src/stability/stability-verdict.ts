/** Whether a wait for an object is over, and how. */
export interface Stability {
  state: 'stable' | 'waiting' | 'paused' | 'failed' | 'deleted';
  message: string | null;
}
