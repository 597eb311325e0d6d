import { Access, type Principal } from '@gennaker/access';
import { accountViews } from '@gennaker/inventory';
import { Injectable } from '@nestjs/common';
import { InventoryDatabase } from './inventory-database.js';

/** What a user may see of what runs in all accounts. */
@Injectable()
export class ReadableAccounts {
  constructor(
    private readonly db: InventoryDatabase,
    private readonly access: Access,
  ) {}

  /** Names of the accounts that a user may read; undefined for all of them. */
  async of(user: Principal): Promise<string[] | undefined> {
    // Where nobody signs in there is nobody to tell apart.
    if (user.anonymous) return undefined;
    const names = (await accountViews(this.db)).map(({ name }) => name);
    const answers = await Promise.all(names.map((name) => this.may(user, name)));
    return answers.every(Boolean) ? undefined : names.filter((_name, index) => answers[index]);
  }

  async may(user: Principal, name: string): Promise<boolean> {
    return this.access.may(user, 'READ', { type: 'account', name });
  }
}
