import type { ExecutionState } from '@gennaker/execution';

/**
 * The states of the executions that were used last. A state that is behind its stream does no harm: a decision made
 * from it is refused at the append, and made again.
 */
export class ExecutionCache {
  private readonly states = new Map<string, ExecutionState>();

  constructor(private readonly capacity: number) {}

  get(id: string): ExecutionState | undefined {
    const state = this.states.get(id);
    if (state !== undefined) {
      this.states.delete(id);
      this.states.set(id, state);
    }
    return state;
  }

  put(state: ExecutionState): void {
    const known = this.states.get(state.id);
    if (known !== undefined && known.version > state.version) return;
    this.states.delete(state.id);
    this.states.set(state.id, state);
    if (this.states.size > this.capacity) {
      const [oldest] = this.states.keys();
      this.states.delete(oldest!);
    }
  }

  drop(id: string): void {
    this.states.delete(id);
  }
}
