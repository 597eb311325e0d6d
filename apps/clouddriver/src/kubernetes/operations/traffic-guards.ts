/** A cluster that must never be left without running pods. Empty stack and detail are meant as such; `*` fits all. */
export interface TrafficGuard {
  enabled?: boolean;
  account: string;
  location: string;
  stack?: string | null;
  detail?: string | null;
}

/** Knows the guards of an application. */
export abstract class TrafficGuards {
  abstract of(application: string): Promise<readonly TrafficGuard[]>;
}

/** For installations without applications of their own. */
export class NoTrafficGuards extends TrafficGuards {
  override of(): Promise<readonly TrafficGuard[]> {
    return Promise.resolve([]);
  }
}
