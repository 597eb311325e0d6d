import { Authenticator } from '@gennaker/access';
import {
  type RouteInput,
  getAdmin,
  getAuthUser,
  getRawUser,
  getRoot,
  listServiceAccounts,
  loggedOut,
  logOut,
  redirectToDeck,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { accountViews } from '@gennaker/inventory';
import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import { Controller, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DeckAddress } from './deck-address.js';
import { InventoryDatabase } from '../infrastructure/inventory-database.js';

/** Who the caller is, and the ways in and out. */
@Controller()
export class AuthController {
  constructor(
    private readonly db: InventoryDatabase,
    private readonly deck: DeckAddress,
    private readonly authenticator: Authenticator,
  ) {}

  @Serves(getAuthUser)
  async user(@Req() request: FastifyRequest, @CalledBy() caller: Caller): Promise<JsonObject | null> {
    // A client that is not signed in reads that from the empty answer, and starts to sign in.
    return request.principal === undefined ? null : this.view(caller);
  }

  @Serves(getRawUser)
  rawUser(@CalledBy() caller: Caller): Promise<JsonObject> {
    return this.view(caller);
  }

  @Serves(listServiceAccounts)
  serviceAccounts(): string[] {
    return [];
  }

  @Serves(redirectToDeck)
  async redirect(
    @Input() { query }: RouteInput<typeof redirectToDeck>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const to = URL.canParse(query.to) ? new URL(query.to) : undefined;
    if (to === undefined || !/^https?:$/.test(to.protocol) || to.host !== this.deck.url.host) {
      throw new InvalidInputError('gate.redirect_refused', 'redirect address not recognized');
    }
    await reply.code(302).header('Location', to.href).send();
  }

  @Serves(logOut)
  async logOut(@Res() reply: FastifyReply): Promise<void> {
    await reply.code(302).header('Location', '/auth/loggedOut').send();
  }

  @Serves(loggedOut)
  async loggedOut(@Res() reply: FastifyReply): Promise<void> {
    await reply.type('text/plain; charset=utf-8').send('You are signed out. See you soon.');
  }

  @Serves(getAdmin)
  admin(@CalledBy() caller: Caller): JsonObject {
    return { username: caller.principal.username, isAdmin: caller.principal.isAdmin };
  }

  @Serves(getRoot)
  async root(@Res() reply: FastifyReply): Promise<void> {
    await reply.code(302).header('Location', this.deck.url.href).send();
  }

  private async view({ principal }: Caller): Promise<JsonObject> {
    const accounts = await accountViews(this.db);
    const { username, email, firstName, lastName, roles, isAdmin } = principal;
    return {
      username,
      email,
      firstName: firstName ?? null,
      lastName: lastName ?? null,
      roles,
      allowedAccounts: accounts.map(({ name }) => name),
      authorities: roles.map((authority) => ({ authority })),
      accountNonExpired: true,
      accountNonLocked: true,
      credentialsNonExpired: true,
      enabled: true,
      isAdmin,
      canMintApiTokens: false,
      authEnabled: this.authenticator.signInRequired,
    };
  }
}
