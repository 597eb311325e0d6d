import { InvalidInputError } from '@gennaker/kernel';
import { mapSecretValues } from '@gennaker/manifest';
import { rememberSecret } from '@gennaker/observability';
import { type Cipher, UnknownKeyError } from './cipher.js';
import { isSecretReference } from './secret-reference.js';

/** `encrypted:sealed!k:KEY!v:BYTES`: a value that only this installation can read, and only for its application. */
const SEALED = /^encrypted:sealed!k:([0-9a-f]+)!v:([\w-]+)$/;

/** A text of manifests that has a Secret among them, or something that looks like one. */
const SECRET_IN_TEXT = /\bkind["']?\s*:\s*["']?secret\b/i;

export interface SealOptions {
  /** Expressions are still to be evaluated, so texts that hold some stay what they are. */
  unevaluated?: boolean;
}

/**
 * Keeps what Secrets hold out of events and answers: values are sealed where they enter, and opened in the memory of the
 * process that hands them to a cluster. A seal is bound to the application, so that a copy of it is worth nothing in
 * another's pipeline.
 */
export class Seals {
  constructor(private readonly cipher: Cipher) {}

  /** A copy of any JSON value in which what Secrets hold is sealed; references to secrets stay. */
  seal<T>(value: T, application: string, { unevaluated = false }: SealOptions = {}): T {
    return mapSecretValues(value, (secret) => {
      const leave =
        secret === null ||
        secret === '' ||
        isSecretReference(secret) ||
        (unevaluated && typeof secret === 'string' && secret.includes('${'));
      return leave ? secret : this.sealOne(JSON.stringify(secret), application);
    });
  }

  /**
   * The reverse of `seal`.
   *
   * @throws UnknownKeyError; InvalidInputError for a seal of another application
   */
  open<T>(value: T, application: string): T {
    return mapSecretValues(value, (secret) => {
      const text = typeof secret === 'string' ? this.openOne(secret, application) : undefined;
      if (text === undefined) return secret;
      const opened: unknown = JSON.parse(text);
      if (typeof opened === 'string') remember(opened);
      return opened;
    });
  }

  /** A text as it may be kept: sealed as a whole when a Secret seems to be in it. */
  sealText(text: string, application: string): string {
    return SECRET_IN_TEXT.test(text) ? this.sealOne(text, application) : text;
  }

  /** The reverse of `sealText`; throws as `open` does. */
  openText(text: string, application: string): string {
    return this.openOne(text, application) ?? text;
  }

  private sealOne(text: string, application: string): string {
    const { keyId, bytes } = this.cipher.seal(text, contextOf(application));
    return `encrypted:sealed!k:${keyId}!v:${bytes.toString('base64url')}`;
  }

  private openOne(sealed: string, application: string): string | undefined {
    const [, keyId, bytes] = SEALED.exec(sealed) ?? [];
    if (keyId === undefined || bytes === undefined) return undefined;
    try {
      return this.cipher.open({ keyId, bytes: Buffer.from(bytes, 'base64url') }, contextOf(application));
    } catch (error) {
      if (error instanceof UnknownKeyError) throw error;
      throw new InvalidInputError(
        'secrets.not_its_seal',
        `A sealed value was not sealed for the application ${application || '(none)'}, or it was changed: give the value itself, or a reference to a secret`,
      );
    }
  }
}

/** Names of applications have no case. */
function contextOf(application: string): string {
  return `application/${application.toLowerCase()}`;
}

/** Whatever a cluster says back, in either form, is taken out of what is logged. */
function remember(value: string): void {
  rememberSecret(value);
  rememberSecret(Buffer.from(value, 'utf8').toString('base64'));
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  if (Buffer.from(decoded, 'utf8').toString('base64') === value) rememberSecret(decoded);
}
