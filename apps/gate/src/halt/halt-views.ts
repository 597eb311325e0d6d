import { type Halt, type InFlight, InFlightWork } from '@gennaker/halt';
import { Clock } from '@gennaker/kernel';
import { Injectable } from '@nestjs/common';

/** Halts as clients see them; those that are on with what is in flight. */
@Injectable()
export class HaltViews {
  constructor(
    private readonly inFlight: InFlightWork,
    private readonly clock: Clock,
  ) {}

  async of(halt: Halt): Promise<object> {
    const [view] = await this.ofAll([halt]);
    return view!;
  }

  async ofAll(halts: Halt[]): Promise<object[]> {
    const on = halts.filter(({ ended }) => ended === undefined);
    if (on.length === 0) return halts.map((halt) => viewOf(halt));
    const reports = await this.inFlight.of(
      on.map(({ target }) => target),
      this.clock.now(),
    );
    const byId = new Map(on.map(({ id }, index) => [id, reports[index]!]));
    return halts.map((halt) => viewOf(halt, byId.get(halt.id)));
  }
}

function viewOf({ target, ...halt }: Halt, report?: InFlight): object {
  const view = { ...halt, ...target, active: halt.ended === undefined };
  if (report === undefined) return view;
  const { heldBack, ...inFlight } = report;
  return { ...view, inFlight, heldBack };
}
