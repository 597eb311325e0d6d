import { Catalog } from '@gennaker/catalog';
import {
  type RouteInput,
  deleteNotifications,
  getNotifications,
  getVersion,
  saveNotifications,
  validateCron,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { InvalidInputError, type JsonObject, messageOf } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { changeBy } from '../caller.js';
import { describeQuartzCron, parseQuartzCron } from './quartz-cron.js';
import { VERSION } from './version.js';

/** Small things that clients ask. */
@Controller()
export class MiscController {
  constructor(private readonly catalog: Catalog) {}

  @Serves(getVersion)
  version(): JsonObject {
    return { version: VERSION };
  }

  @Serves(getNotifications)
  async notifications(@Input() { params }: RouteInput<typeof getNotifications>): Promise<JsonObject> {
    requireApplicationType(params.type);
    return this.catalog.notifications.get(params.application);
  }

  @Serves(saveNotifications)
  async saveNotifications(
    @Input() { params, body }: RouteInput<typeof saveNotifications>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    requireApplicationType(params.type);
    await this.catalog.notifications.save(params.application, body, changeBy(caller));
  }

  @Serves(deleteNotifications)
  async deleteNotifications(
    @Input() { params }: RouteInput<typeof deleteNotifications>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    requireApplicationType(params.type);
    await this.catalog.notifications.delete(params.application, changeBy(caller));
  }

  @Serves(validateCron)
  validateCron(@Input() { query }: RouteInput<typeof validateCron>): JsonObject {
    try {
      return { valid: true, description: describeQuartzCron(parseQuartzCron(query.expression)) };
    } catch (error) {
      return { valid: false, message: messageOf(error) };
    }
  }
}

function requireApplicationType(type: string): void {
  if (type === 'application') return;
  throw new InvalidInputError('gate.notification_type', [{ path: 'type', message: 'must be application' }]);
}
