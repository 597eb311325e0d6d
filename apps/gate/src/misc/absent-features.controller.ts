import { Serves } from '@gennaker/http';
import { InvalidInputError } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { ABSENT_FEATURES } from './absent-features.js';

/** Answers for features that are not here: one handler for each line of the table. */
@Controller()
export class AbsentFeaturesController {}

for (const { route, answer, refusal } of ABSENT_FEATURES) {
  const value = (): unknown => {
    if (refusal !== undefined) throw new InvalidInputError('gate.not_supported', refusal);
    return answer;
  };
  const handler = { value, configurable: true, writable: true, enumerable: false };
  Object.defineProperty(AbsentFeaturesController.prototype, route.id, handler);
  Serves(route)(AbsentFeaturesController.prototype, route.id, handler);
}
