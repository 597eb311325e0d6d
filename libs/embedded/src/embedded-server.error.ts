import { GennakerError, type GennakerErrorOptions } from '@gennaker/kernel';

export type EmbeddedServerErrorCode =
  | 'embedded.port_busy'
  | 'embedded.disk_full'
  | 'embedded.folder_not_writable'
  | 'embedded.folder_in_use'
  | 'embedded.data_from_newer_version'
  | 'embedded.data_from_older_version'
  | 'embedded.data_damaged'
  | 'embedded.platform_not_supported'
  | 'embedded.start_failed'
  | 'embedded.start_timed_out';

/** A bundled server cannot run. The message is one sentence for the person at the terminal: what is wrong and the way out. */
export class EmbeddedServerError extends GennakerError {
  constructor(
    override readonly code: EmbeddedServerErrorCode,
    message: string,
    options: GennakerErrorOptions = {},
  ) {
    super(code, message, options);
  }
}

/** The `code` of a Node system error (`EACCES`, `ENOSPC`…), or undefined for any other value. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
