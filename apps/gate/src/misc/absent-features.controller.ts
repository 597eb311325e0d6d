import { Serves } from '@gennaker/http';
import { Controller } from '@nestjs/common';
import { ABSENT_FEATURES } from './absent-features.js';

/** Answers for features that are not here: one handler for each line of the table. */
@Controller()
export class AbsentFeaturesController {}

for (const { route, answer } of ABSENT_FEATURES) {
  const handler = { value: () => answer, configurable: true, writable: true, enumerable: false };
  Object.defineProperty(AbsentFeaturesController.prototype, route.id, handler);
  Serves(route)(AbsentFeaturesController.prototype, route.id, handler);
}
